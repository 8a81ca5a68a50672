# The commands. Each ends through tb_end with the status of the run.

# tb_summary WORDS: the closing line of a phase.
tb_summary() {
  tb_out "$1: ${TB_COUNT[PASS]:-0} passed, ${TB_COUNT[DONE]:-0} done, ${TB_COUNT[WARN]:-0} warnings, ${TB_COUNT[FAIL]:-0} failed, ${TB_COUNT[SKIP]:-0} could not look, ${TB_COUNT[ERROR]:-0} broken"
}

tb_finish() {
  local word=pass
  case $TB_STATUS in 1) word=warn ;; 2) word=stop ;; 3) word=unknown ;; esac
  # A selection of steps proves nothing about the phase: it is not journalled as a run of it.
  if [[ -n $TB_KEEP && -z $TB_DRY_RUN && -z $TB_ONLY$TB_SKIP$TB_FROM ]]; then tb_journal "$1" status "\"$word\""; fi
  tb_summary "$1"
  [[ -z $TB_BLOCKED ]] || tb_end "$TB_STATUS" "$TB_BLOCKED"
  tb_end "$TB_STATUS"
}

# tb_begin MODE: the guards every changing or recording command shares. MODE strict refuses another version's state.
tb_begin() {
  tb_guard_root
  tb_guard_distro
  tb_guard_machine
  if [[ -z $TB_DRY_RUN ]]; then tb_guard_alone; fi
  tb_state_read "$1"
}

# tb_keep: from here on, results are journalled.
tb_keep() {
  [[ -z $TB_DRY_RUN ]] || return 0
  tb_state_open
  TB_KEEP=1
}

# tb_settings: the settings of an earlier phase hold in every later one.
tb_settings() {
  local id
  for id in "${TB_IDS[@]}"; do
    if [[ ${TB_KIND[$id]} == vars && ${TB_PHASE[$id]} != "$1" ]]; then tb_vars "$id"; fi
  done
}

tb_cmd_preflight() {
  tb_begin strict
  tb_keep
  tb_phase preflight collect
  tb_finish preflight
}

tb_cmd_upgrade() {
  tb_begin strict
  [[ -n $TB_DRY_RUN ]] || tb_guard_preflight
  if [[ -z $TB_DRY_RUN && $(tb_fact kernel.new) == "$(uname -r)" ]]; then
    case $(tb_stage) in
      trial) tb_stop "a trial of $(uname -r) is running; verify and commit it, or roll back" ;;
      *) tb_end 0 "nothing to do: $(uname -r) is running, and $TB_MANAGER planned nothing newer" ;;
    esac
  fi
  tb_settings upgrade
  if [[ -z $TB_JSON && -s $TRIALBOOT_STATE/plan ]]; then
    tb_out "This installs $(tb_fact kernel.new) next to $(uname -r), which stays the default:"
    sed -n 's/^Inst \([^ ]*\).* (\([^ ]*\) \([^ ]*\).*/  \1 \2  (\3)/p' "$TRIALBOOT_STATE/plan"
    tb_out "Maintained by: $TB_MAINTAINER"
  fi
  tb_confirm 'Install it?'
  tb_keep
  tb_phase upgrade stop
  tb_finish upgrade
}

tb_cmd_trial() {
  tb_begin strict
  [[ -n $TB_DRY_RUN ]] || tb_guard_trial
  tb_settings trial
  tb_confirm "Boot $(tb_fact kernel.new) once, now? The machine goes down; a power cycle brings $(tb_fact kernel.old) back."
  tb_keep
  [[ -n $TB_DRY_RUN ]] || tb_trial_settings
  tb_phase trial stop
  tb_finish trial
}

tb_cmd_verify() {
  tb_begin strict
  [[ -n $TB_DRY_RUN ]] || tb_guard_verify
  tb_settings verify
  tb_keep
  tb_phase verify collect
  tb_finish verify
}

tb_cmd_commit() {
  tb_begin strict
  [[ -n $TB_DRY_RUN ]] || tb_guard_commit
  tb_settings commit
  tb_confirm "Make $(uname -r) the default?"
  tb_keep
  tb_phase commit stop
  [[ -n $TB_DRY_RUN || -n $TB_BLOCKED ]] || tb_message
  tb_finish commit
}

tb_cmd_rollback() {
  tb_begin any
  # The first thing an upgrade records is the old kernel; before that, a preflight has only looked.
  case $(tb_stage):$(tb_fact kernel.old) in
    none:* | prepared:) tb_end 0 'nothing to roll back: no upgrade was begun on this host' ;;
    rolled-back:*) tb_end 0 'already rolled back; nothing to do' ;;
  esac
  tb_settings rollback
  tb_confirm "Go back to $(tb_fact kernel.old)?"
  tb_keep
  tb_phase rollback stop
  # A rollback that did not end well leaves a host whose state is unknown: status 3, unless it only waits for a reboot.
  if [[ -n $TB_BLOCKED && $TB_BLOCKED != rollback.old-running:* ]]; then tb_raise 3; fi
  [[ -n $TB_DRY_RUN || -n $TB_BLOCKED ]] || tb_message
  tb_finish rollback
}

# tb_one_step PHASE: runs the one step of that phase which the command line names.
tb_one_step() {
  [[ -n $TB_ARG ]] || tb_usage "$1 needs a step; list shows them"
  [[ ${TB_PHASE[$TB_ARG]:-} == "$1" ]] || tb_usage "no $1 step '$TB_ARG'; list shows them"
  tb_begin any
  tb_settings "$1"
  if [[ ${TB_KIND[$TB_ARG]} == action ]]; then
    tb_out "${TB_TITLE[$TB_ARG]}:"
    [[ -n $TB_JSON ]] || printf '%s\n' "${TB_TEXT[$TB_ARG]}" | sed 's/^/      /'
    tb_confirm 'Run it?'
  fi
  tb_keep
  tb_step "$TB_ARG"
  [[ -z $TB_BLOCKED ]] || tb_end "$TB_STATUS" "$TB_BLOCKED"
  tb_end "$TB_STATUS"
}

tb_cmd_repair() { tb_one_step repair; }
tb_cmd_harden() { tb_one_step harden; }

# tb_cmd_probe: what this kernel has. Any user may ask; nothing is written, so it takes no lock and keeps no report.
tb_cmd_probe() {
  tb_guard_distro
  tb_phase probe collect
  tb_out "$(uname -r): ${TB_COUNT[PASS]:-0} there, ${TB_COUNT[WARN]:-0} there but off or incomplete, ${TB_COUNT[FAIL]:-0} not there, ${TB_COUNT[SKIP]:-0} could not look, ${TB_COUNT[ERROR]:-0} broken"
  tb_end "$TB_STATUS"
}

# tb_why: REPLY = the reason that settle wrote down, or what can be said without it.
tb_why() {
  REPLY=$(tb_fact fell-back/reason)
  REPLY=${REPLY:-the old kernel came back before a commit}
}

# tb_cmd_status: where this host stands, from the state and the running kernel. Never changes anything.
tb_cmd_status() {
  local stage old new running
  tb_guard_distro
  tb_state_read any
  stage=$(tb_stage) old=$(tb_fact kernel.old) new=$(tb_fact kernel.new) running=$(uname -r)
  if [[ -n $TB_JSON ]]; then tb_end 0; fi
  if [[ $stage == prepared && $new == "$running" ]]; then stage=current; fi
  case $stage in
    none) printf 'nothing in progress; running %s\n' "$running" ;;
    current) printf 'running %s; %s planned nothing newer\n' "$running" "$TB_MANAGER" ;;
    prepared) printf 'preflight has chosen %s; nothing installed; running %s\n' "$new" "$running" ;;
    installing) printf 'an installation of %s was begun and has not finished; running %s; run upgrade again\n' "$new" "$running" ;;
    installed) printf '%s is installed, %s is the default and running; next: trial\n' "$new" "$old" ;;
    armed) printf '%s is armed for the next boot only; running %s\n' "$new" "$running" ;;
    trial)
      if [[ $(tb_fact judge) == auto* && -e /etc/systemd/system/trialboot-judge.service ]]; then
        printf 'trial of %s is running and being judged; %s comes back unless it passes\n' "$new" "$old"
      else
        printf 'trial of %s is running; next: verify, then commit; a reboot brings %s back\n' "$new" "$old"
      fi
      ;;
    fell-back)
      tb_why
      printf 'trial of %s failed: %s; running %s\n' "$new" "$REPLY" "$running"
      [[ ! -d $TRIALBOOT_STATE/fell-back ]] || printf 'what it left: %s\n' "$TRIALBOOT_STATE/fell-back"
      ;;
    committed) printf '%s is the default since the commit; running %s\n' "$new" "$running" ;;
    rolled-back) printf 'rolled back to %s; running %s\n' "$old" "$running" ;;
    *) tb_end 3 "unknown stage '$stage' in $TRIALBOOT_STATE/stage" ;;
  esac
  [[ ! -e $TRIALBOOT_STATE/report.json ]] || printf 'last report: %s\n' "$TRIALBOOT_STATE/report.json"
  tb_end 0
}

tb_cmd_list() {
  local id
  for id in "${TB_IDS[@]}"; do
    printf '%-34s %-7s %-9s %s\n' "$id" "${TB_KIND[$id]}" "${TB_GATE[$id]:--}" "${TB_TITLE[$id]}"
  done
  exit 0
}

tb_cmd_show() {
  [[ -n $TB_ARG ]] || tb_usage 'show needs a step; list shows them'
  [[ -n ${TB_TEXT[$TB_ARG]+x} ]] || tb_usage "no step '$TB_ARG'; list shows them"
  printf '%s\n' "${TB_TEXT[$TB_ARG]}"
  exit 0
}

tb_cmd_report() {
  tb_state_read any
  [[ -f $TRIALBOOT_STATE/report.json ]] || tb_end 3 "no report in $TRIALBOOT_STATE; run preflight first"
  cat -- "$TRIALBOOT_STATE/report.json" || tb_end 3 "cannot read $TRIALBOOT_STATE/report.json"
  exit 0
}
