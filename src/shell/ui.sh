# Words for a terminal and for a pipe. Results go to stdout, everything about the run itself to stderr.

# tb_colours: sets TB_C_* to escape sequences if stdout is a terminal that wants them, else to nothing (NO_COLOR, TERM=dumb).
tb_colours() {
  TB_C_PASS='' TB_C_WARN='' TB_C_FAIL='' TB_C_DIM='' TB_C_BOLD='' TB_C_OFF=''
  if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    TB_C_PASS=$'\e[32m' TB_C_WARN=$'\e[33m' TB_C_FAIL=$'\e[1;31m' TB_C_DIM=$'\e[2m' TB_C_BOLD=$'\e[1m' TB_C_OFF=$'\e[0m'
  fi
}

# tb_note WORDS…: one line about the run, to stderr.
tb_note() { printf 'trialboot: %s\n' "$*" >&2; }

# tb_out WORDS…: one line of human output to stdout; silent with --json, which owns stdout then.
tb_out() {
  [[ -n $TB_JSON ]] || printf '%s\n' "$*"
}

# tb_result_line RESULT ID WORDS MS: the one line a step leaves on the terminal.
tb_result_line() {
  [[ -z $TB_JSON ]] || return 0
  local colour=''
  case $1 in
    PASS | DONE) colour=$TB_C_PASS ;;
    WARN | SKIP | DRY-RUN) colour=$TB_C_WARN ;;
    FAIL | ERROR) colour=$TB_C_FAIL ;;
  esac
  tb_progress_clear
  printf '%s%-5s%s %s%s:%s %s' "$colour" "$1" "$TB_C_OFF" "$TB_C_BOLD" "$2" "$TB_C_OFF" "$3"
  if ((${4:-0} >= 3000)); then printf ' %s(%d s)%s' "$TB_C_DIM" "$(($4 / 1000))" "$TB_C_OFF"; fi
  printf '\n'
}

# tb_progress ID SECONDS: what is running, on a terminal only; overwritten by the next line.
tb_progress() {
  [[ -t 2 && -z $TB_JSON ]] || return 0
  printf '\r\e[K%s … %d s' "$1" "$2" >&2
  TB_PROGRESS=1
}

tb_progress_clear() {
  if [[ -n ${TB_PROGRESS:-} ]]; then printf '\r\e[K' >&2; fi
  TB_PROGRESS=''
}

# tb_confirm QUESTION: yes with --yes; asks on a terminal; without one it stops, because nobody could answer.
tb_confirm() {
  [[ -z $TB_YES && -z $TB_DRY_RUN ]] || return 0
  if [[ ! -t 0 || -n $TB_JSON ]]; then
    tb_stop "'$TB_COMMAND' changes this host and there is no terminal to ask; add --yes"
  fi
  local answer=''
  printf '%s [y/N] ' "$1" >&2
  read -r answer || answer=''
  [[ $answer == [yY]* ]] || tb_stop 'not confirmed, nothing was changed'
}
