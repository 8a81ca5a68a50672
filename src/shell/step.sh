# Running one step: its text, unchanged, in a bash of its own, with stdin closed and a time limit.

# tb_define ID: keeps the text on stdin as the text of step ID.
tb_define() {
  local text=''
  IFS= read -r -d '' text || :
  TB_IDS+=("$1")
  TB_TEXT[$1]=${text%$'\n'}
}

# tb_text ID SECONDS OUT ERR: runs the text. Status of the text; 124 or 137 if the time limit ended it.
# A clean `bash -c` and not a sub-shell: none of this script's options, traps or functions may change what the text does.
tb_text() {
  timeout -k 10 "$2" bash -c "${TB_TEXT[$1]}" < /dev/null > "$3" 2> "$4" 9>&- &
  TB_CHILD=$!
  if [[ ${TB_KIND[$1]} != check && -t 2 && -z $TB_JSON ]]; then
    local start=$SECONDS
    while kill -0 "$TB_CHILD" 2> /dev/null; do
      tb_progress "$1" $((SECONDS - start))
      sleep 0.5
    done
  fi
  wait "$TB_CHILD"
  local status=$?
  TB_CHILD=''
  return "$status"
}

# tb_judge ID: runs a check and sets TB_RESULT, TB_LINE, TB_RC. Exactly one verdict line of its own, and a status that
# agrees with it; anything else is ERROR: the check is broken, not the host.
tb_judge() {
  local id=$1 out="$TB_WORK/out" err="$TB_WORK/err" text word rest
  tb_text "$id" "${TB_TIMEOUT[$id]}" "$out" "$err"
  TB_RC=$?
  text=$(< "$out")
  TB_RESULT=ERROR
  if ((TB_RC == 124 || TB_RC == 137)); then
    TB_LINE="no verdict within ${TB_TIMEOUT[$id]} s"
    return 0
  fi
  word=${text%% *} rest=${text#* }
  if [[ $text == *$'\n'* || ! $word =~ ^(PASS|WARN|FAIL|SKIP)$ || $rest != "$id: "?* ]]; then
    TB_LINE="the check gave no single verdict line (status $TB_RC): ${text:0:200}${text:+ }$(tail -n 1 -- "$err" 2> /dev/null)"
    TB_LINE=${TB_LINE//$'\n'/ }
  elif [[ $word == FAIL && $TB_RC == 0 || $word != FAIL && $TB_RC != 0 ]]; then
    TB_LINE="the check contradicts itself: $word with status $TB_RC"
  else
    TB_RESULT=$word
    TB_LINE=${rest#"$id: "}
  fi
}

# tb_act ID: runs an action unless it is done already, and believes it only when its outcome check has read the result
# back. Sets TB_RESULT, TB_LINE, TB_RC.
tb_act() {
  local id=$1 log=$TRIALBOOT_STATE/log/$1.log rc outcome=${TB_OUTCOME[$1]} already=${TB_DONE_WHEN[$1]:-}
  if [[ -n $already ]]; then
    tb_judge "$already"
    if [[ $TB_RESULT == PASS ]]; then
      TB_RESULT=DONE TB_RC=0 TB_LINE="already so: $TB_LINE"
      return 0
    fi
  fi
  tb_journal begin step "\"$id\""
  tb_text "$id" "${TB_TIMEOUT[$id]}" "$log" "$log.err"
  rc=$?
  cat -- "$log.err" >> "$log" 2> /dev/null && rm -f -- "$log.err"
  if ((rc == 124 || rc == 137)); then
    TB_RESULT=FAIL TB_RC=$rc TB_LINE="not finished within ${TB_TIMEOUT[$id]} s; log: $log"
  elif ((rc != 0)); then
    TB_RESULT=FAIL TB_RC=$rc TB_LINE="status $rc; log: $log"
  else
    # The check has a time of its own, which is not that of the action it judges.
    local began=$TB_STEP_START
    tb_ms
    TB_STEP_START=$REPLY
    tb_judge "$outcome"
    TB_JUDGED[$outcome]=1
    tb_record "$outcome"
    TB_STEP_START=$began
    case $TB_RESULT in
      PASS | WARN) TB_RESULT=DONE TB_LINE="proved by $outcome" ;;
      *) TB_RESULT=FAIL TB_LINE="status 0, but $outcome says $TB_RESULT: $TB_LINE; log: $log" ;;
    esac
    TB_RC=$rc
  fi
  if [[ $TB_RESULT == FAIL && -z $TB_JSON && -s $log ]]; then
    tb_progress_clear
    tail -n 15 -- "$log" | sed 's/^/  | /'
  fi
}

# tb_vars ID: settings are assigned in the main shell and exported to every step.
tb_vars() {
  local id=$1
  set -a
  eval "${TB_TEXT[$id]}"
  set +a
  TB_RESULT=DONE TB_RC=0 TB_LINE=''
  local name
  for name in ${TB_NAMES[$id]}; do TB_LINE+="${TB_LINE:+ }$name=${!name:-}"; done
}

# tb_record ID: journal and report of the result in TB_RESULT, TB_LINE, TB_RC.
tb_record() {
  local id=$1 line accepted=null ms=0
  if [[ -n ${TB_STEP_START:-} ]]; then
    tb_ms
    ms=$((REPLY - TB_STEP_START))
  fi
  case $TB_RESULT in
    FAIL | SKIP | ERROR)
      if [[ ${TB_GATE[$id]:-} == override && $TB_RESULT != ERROR && -n ${TB_ACCEPT[$id]:-} ]]; then
        tb_json "${TB_ACCEPT[$id]}"
        accepted=$REPLY
      fi
      ;;
  esac
  tb_json "$TB_LINE"
  line=$REPLY
  if [[ -z $TB_DRY_RUN && -n $TB_KEEP ]]; then
    tb_journal step step "\"$id\"" result "\"$TB_RESULT\"" line "$line" sha256 "\"${TB_SHA[$id]}\"" rc "$TB_RC" ms "$ms" accepted "$accepted"
  fi
  TB_LAST[$id]=$TB_RESULT
  [[ $accepted == null ]] || TB_LAST[$id]=ACCEPTED
  tb_report_step "$id" "$line" "$ms" "$accepted"
  tb_result_line "$TB_RESULT" "$id" "$TB_LINE" "$ms"
}
