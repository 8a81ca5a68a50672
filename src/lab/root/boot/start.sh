#!/bin/sh
# Starts a rehearsal host: runs as process 1 of fresh namespaces, puts the file systems of a running server in place, moves
# into the host's root and becomes its init. Says "up PID" on standard output, PID as the machine numbers it.
# Few programs, each doing much: hosts are started by the hundred. The tables of mounts are written by the lab.
# $1 state folder of the host, $2 pid of the process that holds its disk
set -eu
if [ $$ != 1 ]; then
	echo "lab: start.sh is not process 1 of fresh namespaces; the lab starts it, not you" >&2
	exit 70
fi
state=$1 holder=$2
# This /proc is still the machine's, so it tells the machine's number of this process.
read -r pid _ </proc/self/stat

# The far end of the cable stays with the holder: the host has one network card and nobody answers. A name of its own
# for each start, because the end of the last start may still be about to vanish.
ip -batch - <<IP
link add name ens3 address 52:54:00:6b:74:01 type veth peer name lab$pid netns /proc/$holder/ns/net
link set lo up
address add 192.0.2.10/24 dev ens3
link set ens3 up
route add default via 192.0.2.1
IP
# Last: then the card's carrier is there at once.
nsenter --net="/proc/$holder/ns/net" ip link set "lab$pid" up

cd "$state/disk/root"
mount -a -T "$state/mounts-empty"
cp -a usr/lib/trialboot-lab/dev/. dev/
cp -a usr/lib/trialboot-lab/run/. "$state/run/." run/
cp -a usr/lib/trialboot-lab/sys/. "$state/sys/." sys/
mount -a -T "$state/mounts-filled"

# Debian 13 has /tmp in memory, Debian 12 empties the folder at each start.
if [ -e usr/lib/systemd/system/local-fs.target.wants/tmp.mount ]; then
	mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs tmp
else
	find tmp -mindepth 1 -delete
fi
hostname -F etc/hostname

pivot_root . mnt
cd /
umount -l /mnt
exec /usr/lib/trialboot-lab/init "up $pid" </dev/null
