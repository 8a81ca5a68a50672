# The trial without an operator: what the units of trial.judge run after the boot, and what they leave for whoever logs in.

TB_MESSAGE=/etc/motd.d/trialboot

# tb_message [WORDS]: the line that pam_motd shows at the next logins; without words it is taken away.
tb_message() {
  if [[ -z $* ]]; then
    rm -f -- "$TB_MESSAGE"
    rmdir -- "${TB_MESSAGE%/*}" 2> /dev/null || :
  else
    mkdir -p -- "${TB_MESSAGE%/*}" && printf 'Trialboot: %s\n' "$*" > "$TB_MESSAGE.new" && mv -f -- "$TB_MESSAGE.new" "$TB_MESSAGE"
  fi
}

# tb_seconds DURATION: REPLY = seconds of 90, 90s, 15m or 2h; status 1 if it is none of these.
tb_seconds() {
  [[ $1 =~ ^([1-9][0-9]{0,4})(s|m|h)?$ ]] || return 1
  REPLY=${BASH_REMATCH[1]}
  case ${BASH_REMATCH[2]} in m) REPLY=$((REPLY * 60)) ;; h) REPLY=$((REPLY * 3600)) ;; esac
}

# tb_on_trial: was this boot started by the trial entry of this upgrade?
tb_on_trial() { [[ " $(< /proc/cmdline) " == *" trialboot.trial=$(tb_fact kernel.new) "* ]]; }

# tb_trial_settings: what `trial` was told, kept for the judge: a file `judge` (auto or attended, seconds, and the
# findings accepted with --accept, one a line).
tb_trial_settings() {
  local id text
  text="${TB_ATTENDED:+attended}"
  text="${text:-auto} $TRIALBOOT_WITHIN"
  for id in "${!TB_ACCEPT[@]}"; do text+=$'\n'"$id=${TB_ACCEPT[$id]}"; done
  rm -rf -- "$TRIALBOOT_STATE/verdict" "$TRIALBOOT_STATE/fell-back"
  tb_message
  tb_write_file "$TRIALBOOT_STATE/judge" "$text"
}

# tb_go_back WORDS: the judge's sentence: written down first, then an orderly restart, in which services stop as they
# should. The timer of trialboot-back still runs and forces it if the restart hangs.
tb_go_back() {
  tb_write_file "$TRIALBOOT_STATE/verdict" "$*"
  tb_note "going back to $(tb_fact kernel.old): $*"
  sync
  systemctl reboot || systemctl --force reboot
  tb_end 0
}

# tb_last_reason: REPLY = why the newest report says that its run stopped.
tb_last_reason() {
  REPLY=$(sed -n 's/^  "stopped": "\(.*\)",$/\1/p' "$TRIALBOOT_STATE/report.json" 2> /dev/null)
  REPLY=${REPLY//\\\"/\"}
}

# tb_cmd_judge: after a trial boot: verify until it passes or a fifth of the time limit is over, then commit or go back.
# Services that are still starting get that long to settle. Ends with 0 unless it broke; a broken judge makes its unit
# fail, and the unit's FailureAction goes back.
tb_cmd_judge() {
  local mode='' within='' accepted line status began patience
  local -a accept=()
  tb_guard_root
  tb_guard_distro
  tb_state_read strict
  if [[ $(tb_stage) != trial ]] || ! tb_on_trial; then tb_end 0 'this boot is not a trial; nothing to judge'; fi
  {
    read -r mode within
    while IFS= read -r accepted; do [[ -z $accepted ]] || accept+=(--accept "$accepted"); done
  } < "$TRIALBOOT_STATE/judge"
  [[ $within =~ ^[0-9]+$ ]] || tb_state_stop "$TRIALBOOT_STATE/judge" 'run trial again'
  patience=$((within / 5))
  timeout "$within" systemctl is-system-running --wait > /dev/null 2>&1
  if [[ $mode == attended ]]; then
    tb_message "trial of $(uname -r) is running. Verify and commit it within $((within / 60)) minutes of its start, or it ends and $(tb_fact kernel.old) comes back."
    tb_end 0
  fi
  began=$SECONDS
  while :; do
    bash "$TB_SELF" verify --state "$TRIALBOOT_STATE" "${accept[@]}"
    status=$?
    ((status > 1)) || break
    tb_last_reason
    line=$REPLY
    ((SECONDS - began < patience)) || tb_go_back "verification failed: ${line:-status $status}"
    sleep 10
  done
  if ! bash "$TB_SELF" commit --yes --state "$TRIALBOOT_STATE"; then
    tb_state_read any
    if [[ $(tb_stage) != committed ]]; then
      tb_last_reason
      tb_go_back "commit failed: $REPLY"
    fi
  fi
  tb_passed
  tb_end 0
}

# tb_traces: true while something of the trial is on this host: its initrd, its units, its menu entry.
tb_traces() {
  [[ -e /boot/trialboot.cpio ]] || compgen -G '/etc/systemd/system/trialboot-*' > /dev/null || grep -qs trialboot "$TB_GRUB_DIR/custom.cfg"
}

# tb_passed: tells the next login that the new kernel is the default.
tb_passed() {
  tb_now
  tb_message "$(uname -r) passed its trial and is the default since $REPLY. $(tb_fact kernel.old) stays installed; report: $TRIALBOOT_STATE/report.json"
}

# tb_trial_log: prints the journal of the trial's boot, if it got as far as a journal: the boot before this one, if that
# ran the new kernel.
tb_trial_log() {
  journalctl -b -1 -k -o cat 2> /dev/null | grep -q "^Linux version $(tb_fact kernel.new) " || return 1
  journalctl -b -1 --no-pager -o short-monotonic 2> /dev/null
}

# tb_crash_record: prints the kernel's last words from persistent memory (pstore), if the firmware kept any since arming.
tb_crash_record() {
  local file
  while IFS= read -r -d '' file; do
    cat -- "$file"
  done < <(find /var/lib/systemd/pstore /sys/fs/pstore -type f -newer "$TRIALBOOT_STATE/boot-id.old" -print0 2> /dev/null | sort -z)
}

# tb_why_back: REPLY = why the old kernel is back, from the strongest evidence there is. $1: folder with `journal` and `pstore`.
tb_why_back() {
  local line
  REPLY=$(tb_fact verdict)
  [[ -z $REPLY ]] || return 0
  if [[ " $(< /proc/cmdline) " == *' trialboot.refused='* ]]; then
    REPLY='GRUB refused it: it could not record the trial, or could not load the kernel or its initramfs'
    return 0
  fi
  line=$(grep -h -o -m 1 -E 'Kernel panic - not syncing: .*|BUG: .*|Oops: .*' "$1/pstore" 2> /dev/null | head -n 1)
  if [[ -n $line ]]; then
    REPLY="kernel panic: ${line#Kernel panic - not syncing: }"
  elif [[ ! -s $1/journal ]]; then
    if grep -q '^next_entry=.' "$TB_GRUB_DIR/grubenv" 2> /dev/null || ! grep -q '^trialboot_tried=1' "$TB_GRUB_DIR/grubenv" 2> /dev/null; then
      REPLY='it was not started: GRUB was not told to, or nobody chose it in the menu'
    else
      REPLY='it left no journal: it ended before its disk was writable (kernel panic, hang, no root file system, or power cut)'
    fi
  elif line=$(grep -o -m 1 -E 'Reached target (emergency|rescue)\.target' "$1/journal"); then
    REPLY="it ended in ${line#Reached target }; the journal says why"
    line=$(grep -o -m 1 -E 'Failed to (start|mount) .*' "$1/journal") && REPLY="it ended in emergency mode: ${line%.}"
  elif grep -q 'trialboot-back.service' "$1/journal"; then
    REPLY='it was not committed within its time limit'
  elif grep -q -E 'trialboot-judge.service: (Failed|Main process exited)' "$1/journal"; then
    REPLY='its judge broke; the journal says how'
  elif grep -q -E 'systemd-shutdown|Reached target (reboot|shutdown)\.target|systemd-reboot.service' "$1/journal"; then
    REPLY='it was restarted before it was committed'
  else
    REPLY='it ended without a word: hang (watchdog), reset or power cut'
  fi
}

# tb_cmd_settle: after a boot that is not the trial: if a trial was armed and the old kernel is here, keep the evidence,
# write down why, and take the trial away. If the new kernel is here without the trial's marker, a commit was cut off
# somewhere after its first write: finish it. Each write can be repeated: the power may go at any of them.
tb_cmd_settle() {
  local kept
  tb_begin any
  case $(tb_stage) in
    fell-back) ;;
    trial | committed)
      if tb_on_trial; then tb_end 0 'a trial is running; nothing to settle'; fi
      # Committed, and something of the trial is still here: the power went while the commit took it away.
      if [[ $(tb_stage) == committed ]] && ! tb_traces; then tb_end 0 'nothing to settle'; fi
      tb_keep
      tb_phase commit stop
      [[ -n $TB_BLOCKED ]] || tb_passed
      tb_finish commit
      ;;
    *) tb_end 0 'nothing to settle' ;;
  esac
  tb_keep
  if [[ $(tb_fact stage) == armed ]]; then
    kept=$TRIALBOOT_STATE/fell-back
    mkdir -p -- "$kept"
    tb_trial_log | tail -n 400 > "$kept/journal"
    tb_crash_record > "$kept/pstore"
    cat "$TB_GRUB_DIR/grubenv" > "$kept/grubenv" 2> /dev/null
    tb_why_back "$kept"
    tb_write_file "$kept/reason" "$REPLY"
    tb_write_file "$TRIALBOOT_STATE/stage" fell-back
    tb_journal fell-back reason "$(tb_json "$REPLY"; printf '%s' "$REPLY")"
  fi
  tb_message "trial of $(tb_fact kernel.new) failed: $(tb_fact fell-back/reason); running $(uname -r). More: bash $TB_SELF status"
  tb_step rollback.disarm
  [[ -z $TB_BLOCKED ]] || tb_end "$TB_STATUS" "$TB_BLOCKED"
  tb_end 0
}
