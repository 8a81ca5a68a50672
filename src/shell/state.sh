# What outlives a reboot: files under $TRIALBOOT_STATE, whole or absent (written beside, renamed over), and a journal of
# JSON lines. A power cut can tear the journal's last line; readers skip a line that is not complete.

TB_STATE_FORMAT=1

# tb_state_stop WHAT MEND: the state cannot be trusted: status 3, because nothing can be said about this host.
tb_state_stop() { tb_end 3 "unreadable state: $1; $2"; }

# tb_state_read: checks that the state, if there is one, is ours, readable, of this format and this script.
# Commands that only look (status, report, rollback) accept another version of the same format.
tb_state_read() {
  local format='' distro='' version='' mark="$TRIALBOOT_STATE/format"
  [[ -e $TRIALBOOT_STATE ]] || return 0
  [[ -d $TRIALBOOT_STATE ]] || tb_state_stop "$TRIALBOOT_STATE is not a directory" 'move it away or use --state DIR'
  [[ -e $mark ]] || return 0
  [[ -f $mark && -r $mark ]] || tb_state_stop "cannot read $mark" "look at it, or move $TRIALBOOT_STATE away to start anew"
  read -r _ format distro version < "$mark" || :
  [[ $format =~ ^[0-9]+$ && -n $version ]] ||
    tb_state_stop "$mark is damaged" "look at it, or move $TRIALBOOT_STATE away to start anew"
  if ((format != TB_STATE_FORMAT)) || [[ $distro != "$TB_DISTRO" ]]; then
    tb_stop "the state in $TRIALBOOT_STATE was written by another script ($distro $version, state format $format); finish with that one"
  fi
  if [[ $version != "$TB_VERSION" && $1 == strict && -s $TRIALBOOT_STATE/kernel.new ]]; then
    case $(tb_stage) in
      none | prepared | committed | rolled-back) ;;
      *) tb_stop "an upgrade was begun by version $version, this is $TB_VERSION; finish with that version, or run rollback first" ;;
    esac
  fi
  tb_journal_read
}

# tb_state_open: creates the state directory and marks it as ours. Ends the run if it cannot write there.
tb_state_open() {
  local error
  error=$(mkdir -p -- "$TRIALBOOT_STATE/log" 2>&1) ||
    tb_stop "cannot create the state directory: $error"
  tb_write_file "$TRIALBOOT_STATE/format" "trialboot-state $TB_STATE_FORMAT $TB_DISTRO $TB_VERSION"
  # A torn last line must not swallow the next one.
  local journal=$TRIALBOOT_STATE/journal.jsonl
  if [[ -s $journal && -n $(tail -c 1 -- "$journal") ]]; then printf '\n' >> "$journal"; fi
}

# tb_write_file FILE TEXT: writes FILE whole or not at all. Ends the run when the disk is full or read-only.
tb_write_file() {
  local error
  if ! error=$({ printf '%s\n' "$2" > "$1.new" && sync -- "$1.new" && mv -f -- "$1.new" "$1"; } 2>&1); then
    rm -f -- "$1.new" 2> /dev/null
    tb_stop "cannot write $1: ${error##*: }; what was there before is unchanged"
  fi
}

# tb_journal EVENT [KEY JSON]…: appends one line. Ends the run when it cannot be written: an action without a trace
# must not happen.
tb_journal() {
  local line event=$1
  shift
  tb_now
  line="{\"t\":\"$REPLY\",\"boot\":\"$TB_BOOT_ID\",\"version\":\"$TB_VERSION\",\"event\":\"$event\""
  while (($#)); do
    line+=",\"$1\":$2"
    shift 2
  done
  if ! { printf '%s}\n' "$line" >> "$TRIALBOOT_STATE/journal.jsonl"; } 2> /dev/null; then
    tb_stop "cannot write $TRIALBOOT_STATE/journal.jsonl (disk full or read-only?); stopped before the next step"
  fi
}

# tb_journal_read: TB_LAST[step] = its newest result, TB_LAST_BOOT[step] = the boot of it, TB_PREFLIGHT = the line of
# the newest preflight.
tb_journal_read() {
  local line id
  TB_PREFLIGHT='' TB_UPGRADE='' TB_VERIFY=''
  [[ -e $TRIALBOOT_STATE/journal.jsonl ]] || return 0
  [[ -f $TRIALBOOT_STATE/journal.jsonl && -r $TRIALBOOT_STATE/journal.jsonl ]] ||
    tb_state_stop "$TRIALBOOT_STATE/journal.jsonl is not a readable file" 'move it away to start anew'
  while IFS= read -r line; do
    [[ $line == '{'*'}' ]] || continue
    case $line in
      *'"event":"step"'*)
        [[ $line =~ \"step\":\"([a-z0-9.-]+)\" ]] || continue
        id=${BASH_REMATCH[1]}
        [[ $line =~ \"result\":\"([A-Z-]+)\" ]] || continue
        TB_LAST[$id]=${BASH_REMATCH[1]}
        if [[ $line == *'"accepted":"'* ]]; then TB_LAST[$id]=ACCEPTED; fi
        ;;
      *'"event":"preflight"'*) TB_PREFLIGHT=$line ;;
      *'"event":"upgrade"'*) TB_UPGRADE=$line ;;
      *'"event":"verify"'*) TB_VERIFY=$line ;;
    esac
  done < "$TRIALBOOT_STATE/journal.jsonl"
}

# tb_fact NAME: prints the first line of a state file, or nothing.
tb_fact() {
  local value=''
  { IFS= read -r value < "$TRIALBOOT_STATE/$1"; } 2> /dev/null
  printf '%s' "$value"
}

# tb_stage: prints where this host stands: none, prepared, installing, installed, armed, trial, fell-back, committed, rolled-back.
# The word in the file `stage` is written by the steps; what the running kernel says about an armed trial wins over it.
tb_stage() {
  local stage new
  stage=$(tb_fact stage)
  new=$(tb_fact kernel.new)
  if [[ $stage == armed && $(tb_fact boot-id.old) != "$TB_BOOT_ID" ]]; then
    if [[ $(uname -r) == "$new" ]]; then stage=trial; else stage=fell-back; fi
  fi
  if [[ -z $stage ]]; then
    if [[ -n $new ]]; then stage=prepared; else stage=none; fi
  fi
  printf '%s' "$stage"
}
