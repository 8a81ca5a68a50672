# Guards: what must hold before any step runs. Each ends the run with one line and a documented status.

# tb_stop WORDS…: a guard or a gate refused, or a step failed: status 2.
tb_stop() { tb_end 2 "$*"; }

# tb_guard_tools: the programs the script itself needs.
tb_guard_tools() {
  local tool missing=''
  for tool in awk cat date flock grep iconv mkdir mv rm sed sync tail timeout uname; do
    type -P "$tool" > /dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] || tb_end 3 "missing tool:$missing; install the package that has it and run again"
}

# tb_guard_distro: the host must be the release this script was made for.
tb_guard_distro() {
  local id='' version='' name='' line
  if [[ -r /etc/os-release ]]; then
    while IFS= read -r line; do
      line=${line//\"/}
      case $line in
        ID=*) id=${line#ID=} ;;
        VERSION_ID=*) version=${line#VERSION_ID=} ;;
        PRETTY_NAME=*) name=${line#PRETTY_NAME=} ;;
      esac
    done < /etc/os-release
  fi
  TB_OS=${name:-unknown}
  # A release of the RHEL family counts its minor releases behind a dot; a distribution that rolls has none.
  [[ -n $id && " $TB_OS_ID " == *" $id "* && (-z $TB_OS_VERSION || $version == "$TB_OS_VERSION" || $version == "$TB_OS_VERSION".*) ]] ||
    tb_stop "this script is for $TB_DISTRO_NAME, this host is ${name:-unknown (no /etc/os-release)}; download the script for your release"
}

# tb_guard_machine: a container shares its host's kernel; upgrading a kernel in it does nothing good.
tb_guard_machine() {
  local kind=''
  if type -P systemd-detect-virt > /dev/null; then kind=$(systemd-detect-virt --container 2> /dev/null); fi
  if [[ -z $kind || $kind == none ]]; then
    kind=''
    [[ ! -e /.dockerenv ]] || kind=docker
    [[ ! -e /run/.containerenv ]] || kind=podman
    [[ ! -s /run/systemd/container ]] || kind=$(< /run/systemd/container)
  fi
  [[ -z $kind ]] || tb_stop "this is a container ($kind), its kernel belongs to the host; run the script there"
}

tb_guard_root() {
  ((EUID == 0)) || tb_stop "'$TB_COMMAND' must run as root; try: sudo bash $TB_SELF $TB_COMMAND"
}

# tb_guard_alone: one run a machine, whatever its state directory. Children close the lock (9>&-), so that a step
# that was left behind does not hold it.
tb_guard_alone() {
  local lock=/run/trialboot.lock
  { exec 9>> "$lock"; } 2> /dev/null || tb_stop "cannot open $lock; is /run mounted and writable?"
  flock -n 9 || tb_stop "another run is active on this host (it holds $lock); wait for it or look at: ps -ef | grep trialboot"
}

# tb_guard_preflight: `upgrade` needs a passing preflight of this script version, this boot, at most 24 hours old.
tb_guard_preflight() {
  local made now
  [[ -n $TB_PREFLIGHT ]] || tb_stop 'no preflight has been run; run preflight first'
  [[ $TB_PREFLIGHT == *"\"boot\":\"$TB_BOOT_ID\""* ]] || tb_stop 'the last preflight is from before the last boot; run preflight again'
  [[ $TB_PREFLIGHT == *"\"version\":\"$TB_VERSION\""* ]] || tb_stop 'the last preflight was made by another version of this script; run preflight again'
  [[ $TB_PREFLIGHT == *'"status":"pass"'* || $TB_PREFLIGHT == *'"status":"warn"'* ]] ||
    tb_stop 'the last preflight did not pass; mend what it found, or accept it with --accept STEP="reason", and run preflight again'
  [[ $TB_PREFLIGHT =~ \"t\":\"([^\"]+)\" ]]
  made=$(date -d "${BASH_REMATCH[1]}" +%s 2> /dev/null || printf 0)
  printf -v now '%(%s)T' -1
  ((now - made < 86400 && now >= made - 300)) || tb_stop 'the last preflight is older than 24 hours; run preflight again'
}

# tb_boot_path NAME RELEASE: REPLY = NAME, a path or the name of a package, for that kernel.
tb_boot_path() {
  local base=''
  { IFS= read -r base < "/usr/lib/modules/$2/pkgbase"; } 2> /dev/null
  REPLY=${1/RELEASE/$2}
  REPLY=${REPLY/PKGBASE/${base:-unknown}}
}

# tb_guard_trial: no trial without a finished upgrade and without the kernel to come back to.
tb_guard_trial() {
  local old new stage image
  old=$(tb_fact kernel.old) new=$(tb_fact kernel.new) stage=$(tb_stage)
  case $stage in
    installed | armed | fell-back) ;;
    *) tb_stop "nothing to try: the upgrade has not finished (stage: $stage); run upgrade first" ;;
  esac
  [[ $TB_UPGRADE == *'"status":"pass"'* || $TB_UPGRADE == *'"status":"warn"'* ]] || tb_stop 'the last upgrade run did not pass; run upgrade again'
  tb_boot_path "$TB_IMAGE" "$old"
  image=$REPLY
  tb_boot_path "$TB_INITRD" "$old"
  [[ -s $image && -s $REPLY && -d /lib/modules/$old ]] ||
    tb_stop "the fallback kernel $old is not whole (image, initramfs or modules missing); reinstall ${TB_IMAGE_PACKAGE/RELEASE/$old} before a trial"
  tb_boot_path "$TB_IMAGE" "$new"
  [[ -s $REPLY ]] || tb_stop "the new kernel $new is not in /boot; run upgrade again"
}

# tb_guard_verify: there must have been a boot since the baseline.
tb_guard_verify() {
  [[ -n $(tb_fact kernel.new) && -n $(tb_fact boot-id.old) ]] || tb_stop 'nothing to verify: no upgrade was begun on this host'
  [[ $(tb_fact boot-id.old) != "$TB_BOOT_ID" ]] || tb_stop 'this host has not rebooted since the upgrade; run trial first'
}

# tb_guard_commit: only a verified trial of this boot is made the default.
tb_guard_commit() {
  case $(tb_stage) in
    trial) ;;
    committed) tb_stop 'already committed; nothing to do' ;;
    fell-back) tb_stop "the trial fell back: this is $(uname -r), not $(tb_fact kernel.new); look at status, then trial or rollback" ;;
    *) tb_stop 'nothing to commit: this boot is not a trial' ;;
  esac
  [[ -n $TB_VERIFY && $TB_VERIFY == *"\"boot\":\"$TB_BOOT_ID\""* ]] || tb_stop 'verify has not been run in this boot; run verify first'
  [[ $TB_VERIFY == *'"status":"pass"'* || $TB_VERIFY == *'"status":"warn"'* ]] || tb_stop 'the last verify did not pass; mend it and verify again, or reboot to return to the old kernel'
}
