# Arguments, and the one call at the end of the file: a download that was cut off runs nothing.

tb_help() {
  cat << HELP
trialboot for $TB_DISTRO_NAME, version $TB_VERSION
$TB_FROM_TO

usage: bash $TB_SELF COMMAND [OPTIONS]

commands, in the order of an upgrade:
  preflight     look, change nothing on the host: can this machine be upgraded and come back?
  upgrade       install the new kernel; the running one stays the default
  trial         boot the new kernel once, on trial (reboots); it is verified and
                committed by itself, or the old kernel comes back
  verify        compare this boot with the one before
  commit        make the verified kernel the default
  rollback      go back to the old kernel, from any state
  repair STEP   run the step that a failed check points to
  harden STEP   run a step that lowers exposure; not needed for an upgrade
  probe         ask the running kernel what it has of the changes in 7.0; changes nothing
  status        where this host stands
  list          the steps, in order
  show STEP     the text of a step, as the page shows it
  report        the JSON report of the last run
  judge, settle what the units that trial installs run after a boot; not for you

options:
  --json               print the JSON report on stdout instead of lines
  --dry-run            show what would be run; run nothing, write nothing
  --yes                do not ask
  --accept STEP=WHY    go on in spite of a finding that may be overridden; the reason is reported
  --only STEP          run this step of the command only (may be repeated)
  --skip STEP          leave this step out (may be repeated)
  --from STEP          begin at this step
  --attended           trial: you verify and commit; nothing is judged without you
  --within TIME        trial: go back unless committed so long after the start: 90s, 15m, 2h
                       (default 15m, with --attended 60m)
  --state DIR          keep state in DIR (default /var/lib/trialboot)
  --help, --version

exit status (of preflight and verify also that of a monitoring plug-in):
  0  pass
  1  warnings, or findings accepted with --accept
  2  stopped: a guard or a check refused, a step failed, or the run was interrupted
  3  unknown: bad usage, missing tool, broken check, unreadable state, or a rollback that failed
HELP
}

# tb_usage WORDS: bad usage, status 3.
tb_usage() { tb_end 3 "$*; see --help"; }

# tb_argument OPTION COUNT: an option that needs a value has one.
tb_argument() { (($2 >= 2)) || tb_usage "$1 needs a value"; }

# tb_known STEP: the step exists in this script.
tb_known() { [[ -n ${TB_TEXT[$1]+x} ]] || tb_usage "no step '$1'; list shows them"; }

tb_main() {
  TB_SELF=${BASH_SOURCE[0]:-trialboot.sh}
  TB_COMMAND='' TB_ARG='' TB_JSON='' TB_DRY_RUN='' TB_YES='' TB_KEEP='' TB_ONLY='' TB_SKIP='' TB_FROM='' TB_FROM_SEEN=''
  TB_ATTENDED='' TRIALBOOT_WITHIN=''
  TB_STATUS=0 TB_BLOCKED='' TB_CURRENT='' TB_CHILD='' TB_WORK='' TB_REPORT_STEPS='' TB_PROGRESS=''
  TB_PREFLIGHT='' TB_UPGRADE='' TB_VERIFY='' TB_STEP_START='' TB_OS=''
  TRIALBOOT_STATE=${TRIALBOOT_STATE:-/var/lib/trialboot}
  TB_BOOT_ID=$(< /proc/sys/kernel/random/boot_id)
  tb_now
  TB_STARTED=$REPLY
  tb_colours
  while (($#)); do
    case $1 in
      -h | --help) tb_help; exit 0 ;;
      --version) printf 'trialboot-%s %s\n' "$TB_DISTRO" "$TB_VERSION"; exit 0 ;;
      --json) TB_JSON=1 ;;
      --dry-run) TB_DRY_RUN=1 ;;
      --yes) TB_YES=1 ;;
      --state) tb_argument "$1" $#; TRIALBOOT_STATE=$2; shift ;;
      --only) tb_argument "$1" $#; tb_known "$2"; TB_ONLY+=" $2"; shift ;;
      --skip) tb_argument "$1" $#; tb_known "$2"; TB_SKIP+=" $2"; shift ;;
      --from) tb_argument "$1" $#; tb_known "$2"; TB_FROM=$2; shift ;;
      --attended) TB_ATTENDED=1 ;;
      --within)
        tb_argument "$1" $#
        if ! tb_seconds "$2" || ((REPLY < 60)); then tb_usage "--within needs a time of at least a minute, such as 90s, 15m or 2h, not '$2'"; fi
        TRIALBOOT_WITHIN=$REPLY
        shift
        ;;
      --accept)
        tb_argument "$1" $#
        [[ $2 == ?*=?* ]] || tb_usage '--accept needs STEP="reason"'
        tb_known "${2%%=*}"
        [[ ${TB_GATE[${2%%=*}]:-} == override ]] || tb_usage "${2%%=*} cannot be accepted: its gate is ${TB_GATE[${2%%=*}]:-none}"
        TB_ACCEPT[${2%%=*}]=${2#*=}
        shift
        ;;
      -*) tb_usage "unknown option '$1'" ;;
      *)
        if [[ -z $TB_COMMAND ]]; then
          TB_COMMAND=$1
        elif [[ -z $TB_ARG ]]; then
          TB_ARG=$1
        else
          tb_usage "unexpected argument '$1'"
        fi
        ;;
    esac
    shift
  done
  [[ $TRIALBOOT_STATE == /* ]] || tb_usage "--state needs an absolute path, not '$TRIALBOOT_STATE'"
  case $TB_COMMAND in
    '') TB_COMMAND=none; tb_usage 'no command' ;;
    preflight | upgrade | trial | verify | commit | rollback | repair | harden | probe | status | list | show | report | judge | settle) ;;
    *) tb_usage "unknown command '$TB_COMMAND'" ;;
  esac
  case $TB_COMMAND in
    repair | harden | show) ;;
    *) [[ -z $TB_ARG ]] || tb_usage "unexpected argument '$TB_ARG'" ;;
  esac
  if [[ $TB_COMMAND != trial && -n $TB_ATTENDED$TRIALBOOT_WITHIN ]]; then tb_usage '--attended and --within belong to trial'; fi
  : "${TRIALBOOT_WITHIN:=$((${TB_ATTENDED:-0} ? 3600 : 900))}"
  tb_guard_tools
  # What the texts of steps may read. Only trial.judge needs the last two.
  TRIALBOOT_SCRIPT=$(readlink -f -- "$TB_SELF")
  export TRIALBOOT_STATE TRIALBOOT_WITHIN TRIALBOOT_SCRIPT
  # /run is a tmpfs: results of checks are looked at even when the disk is full.
  TB_WORK=$(mktemp -d -p /run trialboot.XXXXXX 2> /dev/null || mktemp -d) || tb_end 3 'cannot create a work directory in /run'
  trap 'tb_interrupted INT' INT
  trap 'tb_interrupted TERM' TERM
  trap 'tb_interrupted HUP' HUP
  if ((EUID == 0)) && ! type -P sudo > /dev/null; then
    # Steps say sudo because readers need it; root on a minimal server may not have it.
    sudo() { if [[ $1 == env ]]; then command "$@"; else "$@"; fi; }
    export -f sudo
  fi
  "tb_cmd_$TB_COMMAND"
}
