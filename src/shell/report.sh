# The JSON report: printed with --json, kept in the state directory, read back by `report`.

# tb_report_step ID LINE-AS-JSON MS ACCEPTED-AS-JSON: adds a step to the report and to the counts.
tb_report_step() {
  local id=$1 entry key
  tb_json "${TB_TITLE[$id]}"
  entry="{\"id\":\"$id\",\"title\":$REPLY,\"phase\":\"${TB_PHASE[$id]}\",\"kind\":\"${TB_KIND[$id]}\""
  tb_json_or_null "${TB_GATE[$id]:-}"
  entry+=",\"gate\":$REPLY,\"sha256\":\"${TB_SHA[$id]}\",\"result\":\"$TB_RESULT\",\"line\":$2,\"rc\":$TB_RC,\"ms\":$3,\"accepted\":$4"
  REPLY=null
  case $TB_RESULT in WARN | FAIL | SKIP | ERROR) tb_json_or_null "${TB_HINT[$id]:-}" ;; esac
  entry+=",\"remedy\":$REPLY"
  REPLY=null
  case $TB_RESULT in WARN | FAIL | SKIP | ERROR) tb_json_or_null "${TB_REMEDY[$id]:-}" ;; esac
  entry+=",\"remedy_step\":$REPLY}"
  TB_REPORT_STEPS+="${TB_REPORT_STEPS:+,}"$'\n'"    $entry"
  key=$TB_RESULT
  TB_COUNT[$key]=$((${TB_COUNT[$key]:-0} + 1))
}

# tb_report STATUS STOPPED: REPLY = the report as JSON.
tb_report() {
  local word=pass out old new
  case $1 in 1) word=warn ;; 2) word=stop ;; 3) word=unknown ;; esac
  out="{
  \"format_version\": 1,
  \"tool\": \"trialboot\",
  \"script\": { \"distro\": \"$TB_DISTRO\", \"version\": \"$TB_VERSION\" },
  \"command\": \"$TB_COMMAND\",
  \"status\": \"$word\",
  \"exit_status\": $1,"
  tb_json_or_null "$2"
  out+=$'\n'"  \"stopped\": $REPLY,"
  tb_json "${HOSTNAME:-unknown}"
  out+=$'\n'"  \"host\": { \"name\": $REPLY,"
  tb_json "${TB_OS:-unknown}"
  out+=" \"os\": $REPLY,"
  tb_json "$(uname -r)"
  out+=" \"kernel\": $REPLY,"
  tb_json "$(uname -m)"
  out+=" \"arch\": $REPLY, \"boot_id\": \"$TB_BOOT_ID\" },"
  old=$(tb_fact kernel.old) new=$(tb_fact kernel.new)
  tb_json_or_null "$old"
  out+=$'\n'"  \"kernel_old\": $REPLY,"
  tb_json_or_null "$new"
  out+=$'\n'"  \"kernel_new\": $REPLY,"
  tb_now
  out+=$'\n'"  \"started\": \"$TB_STARTED\","$'\n'"  \"finished\": \"$REPLY\","
  out+=$'\n'"  \"dry_run\": $([[ -n $TB_DRY_RUN ]] && printf true || printf false),"
  out+=$'\n'"  \"summary\": { \"pass\": ${TB_COUNT[PASS]:-0}, \"warn\": ${TB_COUNT[WARN]:-0}, \"fail\": ${TB_COUNT[FAIL]:-0}, \"skip\": ${TB_COUNT[SKIP]:-0}, \"error\": ${TB_COUNT[ERROR]:-0}, \"done\": ${TB_COUNT[DONE]:-0} },"
  out+=$'\n'"  \"steps\": [${TB_REPORT_STEPS}${TB_REPORT_STEPS:+$'\n'  }]"$'\n'"}"
  REPLY=$out
}

# tb_end STATUS WORDS: the one way out. Prints why (if there is a why), the report, and leaves with STATUS.
tb_end() {
  local status=$1 words=${2:-} report
  trap - INT TERM HUP EXIT
  tb_progress_clear
  if [[ -n $words ]]; then
    case $status in
      2) tb_note "stopped: $words" ;;
      *) tb_note "$words" ;;
    esac
  fi
  if [[ -n $TB_JSON || -n $TB_KEEP ]]; then
    tb_report "$status" "$words"
    report=$REPLY
    if [[ -n $TB_KEEP && -z $TB_DRY_RUN ]]; then
      # The disk may be what is wrong: a report that cannot be kept must not hide why the run stopped.
      if ! { printf '%s\n' "$report" > "$TRIALBOOT_STATE/report.json.new" && mv -f -- "$TRIALBOOT_STATE/report.json.new" "$TRIALBOOT_STATE/report.json"; } 2> /dev/null; then
        rm -f -- "$TRIALBOOT_STATE/report.json.new" 2> /dev/null
        tb_note "the report could not be kept in $TRIALBOOT_STATE"
      fi
    fi
    [[ -z $TB_JSON ]] || printf '%s\n' "$report"
  fi
  [[ -z ${TB_WORK:-} ]] || rm -rf -- "$TB_WORK"
  exit "$status"
}

# tb_interrupted SIGNAL: Ctrl-C or a closed terminal. The running step is ended and waited for; the journal says where.
tb_interrupted() {
  if [[ -n ${TB_CHILD:-} ]]; then
    kill -TERM "$TB_CHILD" 2> /dev/null
    wait "$TB_CHILD" 2> /dev/null
  fi
  if [[ -n $TB_KEEP && -n $TB_CURRENT ]]; then
    { tb_journal interrupted step "\"$TB_CURRENT\""; } 2> /dev/null
  fi
  tb_end 2 "interrupted by SIG$1${TB_CURRENT:+ in step $TB_CURRENT}; '$TB_COMMAND' can be run again"
}
