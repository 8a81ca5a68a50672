#!/bin/bash
# The lab's agent on a virtual machine: runs what comes over a virtio port and sends back status and output. Lengths are in
# bytes; bodies follow their line at once.
#   lab:    RUN ID SCRIPT STDIN   KILL ID
#   agent:  HELLO RELEASE BOOT_ID COMMAND_LINE   DONE ID STATUS STDOUT STDERR
# One command at a time; the lab keeps to that. With the lab not there a read ends at once, hence the pauses.
dir=/run/trialboot-agent
[ -d "$dir" ] || mkdir -m 700 "$dir"
port=
while [ -z "$port" ]; do
	for name in /sys/class/virtio-ports/*/name; do
		[ -e "$name" ] && read -r said <"$name" && [ "$said" = trialboot.agent ] && port=${name%/name}
	done
	[ -n "$port" ] || sleep 0.2
done
exec 3<>"/dev/${port##*/}" || exit 1
read -r release </proc/sys/kernel/osrelease
read -r boot </proc/sys/kernel/random/boot_id
read -r cmdline </proc/cmdline
IFS=: read -r _ _ group </proc/self/cgroup
group=/sys/fs/cgroup$group

# A cgroup of its own for each command: what it started can be ended as a whole, and what it left running stays.
run() {
	mkdir "$group/$1"
	(
		echo "$BASHPID" >"$group/$1/cgroup.procs"
		exec -c bash "$dir/$1.sh" 3>&-
	) <"$dir/$1.in" >"$dir/$1.out" 2>"$dir/$1.err"
	local status=$? out err
	# Sizes first: something left running may go on writing.
	{ read -r out && read -r err; } < <(stat -c %s "$dir/$1.out" "$dir/$1.err")
	echo "DONE $1 $status $out $err" >&3
	[ "$out" = 0 ] || head -c "$out" "$dir/$1.out" >&3
	[ "$err" = 0 ] || head -c "$err" "$dir/$1.err" >&3
	rm -f "$dir/$1".*
	rmdir "$group/$1" 2>/dev/null
}

echo "HELLO $release $boot $cmdline" >&3
while :; do
	read -r -u 3 verb id script stdin || { sleep 0.2; continue; }
	case $verb in
		RUN)
			: >"$dir/$id.in"
			head -c "$script" <&3 >"$dir/$id.sh"
			[ "$stdin" = 0 ] || head -c "$stdin" <&3 >"$dir/$id.in"
			run "$id" &
			;;
		KILL) echo 1 >"$group/$id/cgroup.kill" ;;
	esac
done
