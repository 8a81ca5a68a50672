#!/bin/sh
# Keeps one rehearsal host's disk: lives in a mount namespace of its own, in which the host's layers are put together, and
# starts the host's namespaces each time it is told to. When the lab goes away (end of standard input) it ends, and with
# it everything of the host: nothing of a host is ever mounted on the machine itself.
# $1 state folder of the host; $2 lower layers, topmost first; $3 the script that starts a host
set -eu
# Only ever inside a mount namespace of its own: unshare started it.
if [ "$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/1/ns/mnt)" ]; then
	echo "lab: disk.sh was started outside a namespace of its own; the lab starts it, not you" >&2
	exit 70
fi
state=$1 lower=$2 start=$3
mount -t tmpfs -o mode=755,size=8g trialboot "$state/disk"
cd "$state/disk"
mkdir upper work root
# The name of the source is what df shows. nodev: device nodes of the host's disk cannot be opened.
mount -t overlay -o "nodev,lowerdir=$lower,upperdir=upper,workdir=work" /dev/vda1 root
echo held
host=
while read -r word boottime; do
	[ "$word" = boot ] || exit 64
	[ -z "$host" ] || wait "$host" || :
	# Killed when this process dies; takes the host's process 1 along.
	setpriv --pdeathsig KILL -- \
		unshare --mount --propagation private --pid --uts --ipc --net --time --boottime "$boottime" --fork --kill-child -- \
		/bin/sh "$start" "$state" $$ </dev/null &
	host=$!
done
# Leave no trace: the lab may have been killed and cannot do it.
cd /
umount -l "$state/disk/root" "$state/disk" && rm -rf --one-file-system -- "$state"
