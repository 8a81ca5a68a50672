# Running the steps of a phase and deciding, step by step, whether to go on.

# tb_wanted ID: was this step asked for (--only, --skip, --from)?
tb_wanted() {
  [[ -z $TB_ONLY || " $TB_ONLY " == *" $1 "* || ${TB_KIND[$1]} == vars ]] || return 1
  [[ " $TB_SKIP " != *" $1 "* ]] || return 1
  if [[ -n $TB_FROM && ${TB_KIND[$1]} != vars ]]; then
    [[ $1 != "$TB_FROM" ]] || TB_FROM_SEEN=1
    [[ -n $TB_FROM_SEEN ]] || return 1
  fi
}

# tb_gate ID: after a result, decides how the run stands: raises TB_STATUS, and sets TB_BLOCKED to the reason to stop.
#
#             gate block   override               advise
#   PASS DONE go on        go on                  go on
#   WARN      warn         warn                   warn
#   FAIL      stop         stop unless accepted   warn
#   SKIP      stop         stop unless accepted   go on
#   ERROR     stop, and the run ends unknown: a check that is broken says nothing about the host
#
# A probe asks what the kernel has: whatever it answers, the run is well. Only a broken one says nothing.
tb_gate() {
  local id=$1 gate=${TB_GATE[$1]:-block}
  if [[ ${TB_KIND[$id]} == probe ]]; then
    [[ $TB_RESULT != ERROR ]] || tb_raise 3
    return 0
  fi
  case $TB_RESULT in
    PASS | DONE | DRY-RUN) return 0 ;;
    WARN) tb_raise 1 ;;
    ERROR)
      TB_BLOCKED="$id: $TB_LINE"
      tb_raise 3
      ;;
    FAIL | SKIP)
      if [[ ${TB_LAST[$id]} == ACCEPTED ]]; then
        tb_raise 1
      elif [[ $gate == advise ]]; then
        [[ $TB_RESULT == SKIP ]] || tb_raise 1
      else
        TB_BLOCKED="$id: $TB_LINE"
        tb_raise 2
      fi
      ;;
  esac
  tb_remedy "$id"
}

# tb_raise STATUS: the run's status only gets worse: 0 pass, 1 warnings, 2 stopped, 3 unknown.
tb_raise() { (($1 <= TB_STATUS)) || TB_STATUS=$1; }

# tb_remedy ID: what to do about a finding, below its line.
tb_remedy() {
  [[ -z $TB_JSON && -n ${TB_HINT[$1]:-} && $TB_RESULT != SKIP ]] || return 0
  printf '      %s\n' "${TB_HINT[$1]}"
  if [[ -n ${TB_REMEDY[$1]:-} ]]; then printf '      mend: bash %s %s %s\n' "$TB_SELF" "${TB_REMEDY[$1]%%.*}" "${TB_REMEDY[$1]}"; fi
  if [[ ${TB_GATE[$1]:-} == override && $TB_RESULT == FAIL && ${TB_LAST[$1]} != ACCEPTED ]]; then
    printf '      or, if you know better: --accept %s="why"\n' "$1"
  fi
}

# tb_needs_met ID: has every step that ID needs ended well, now or in an earlier run of this upgrade?
tb_needs_met() {
  local need
  for need in ${TB_NEEDS[$1]:-}; do
    case ${TB_LAST[$need]:-none} in
      PASS | WARN | DONE | ACCEPTED) ;;
      *)
        TB_RESULT=ERROR TB_RC=0 TB_LINE="needs $need, which has not passed (${TB_LAST[$need]:-not run}); run ${TB_PHASE[$need]} first"
        return 1
        ;;
    esac
  done
}

# tb_step ID: one step from start to recorded result.
tb_step() {
  local id=$1
  tb_ms
  TB_STEP_START=$REPLY
  TB_CURRENT=$id
  if [[ -n $TB_DRY_RUN && ${TB_KIND[$id]} != vars ]]; then
    TB_RESULT=DRY-RUN TB_RC=null TB_LINE="${TB_KIND[$id]}: ${TB_TITLE[$id]}"
    tb_record "$id"
    [[ -n $TB_JSON || ${TB_KIND[$id]} == check || ${TB_KIND[$id]} == probe ]] || printf '%s\n' "${TB_TEXT[$id]}" | sed 's/^/      /'
  elif ! tb_needs_met "$id"; then
    TB_BLOCKED="$id: $TB_LINE"
    tb_raise 2
    tb_record "$id"
    return 0
  else
    case ${TB_KIND[$id]} in
      vars) tb_vars "$id" ;;
      check | probe) tb_judge "$id" ;;
      action) tb_act "$id" ;;
      reboot)
        tb_reboot "$id"
        ;;
    esac
    tb_record "$id"
  fi
  TB_CURRENT=''
  tb_gate "$id"
}

# tb_reboot ID: everything is written before the machine goes: after this text, nothing may come.
tb_reboot() {
  local id=$1
  tb_journal begin step "\"$id\""
  sync
  tb_text "$id" "${TB_TIMEOUT[$id]}" "$TB_WORK/out" "$TB_WORK/err"
  TB_RC=$?
  if ((TB_RC == 0)); then
    TB_RESULT=DONE
    if [[ -e /etc/systemd/system/trialboot-judge.service && -z $TB_ATTENDED ]]; then
      TB_LINE="the machine goes down now and judges the trial by itself; what became of it: bash $TB_SELF status"
    else
      TB_LINE="the machine goes down now; log in again and run: bash $TB_SELF verify"
    fi
  else
    TB_RESULT=FAIL TB_LINE="status $TB_RC: $(tail -n 1 -- "$TB_WORK/err")"
  fi
}

# tb_phase PHASE MODE: runs a phase's steps in order. MODE stop: ends at the first step that blocks.
# MODE collect: runs every check, so that one run shows all findings.
tb_phase() {
  local phase=$1 mode=$2 id
  for id in "${TB_IDS[@]}"; do
    [[ ${TB_PHASE[$id]} == "$phase" ]] || continue
    tb_wanted "$id" || continue
    [[ -z ${TB_JUDGED[$id]:-} ]] || continue
    tb_step "$id"
    if [[ -n $TB_BLOCKED && $mode == stop ]]; then return 0; fi
  done
}
