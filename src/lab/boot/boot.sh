#!/bin/sh
# Starts a rehearsal host: runs as process 1 of fresh namespaces, puts the file systems of a running server in place, moves
# into the host's root and becomes its init. Says "up PID" on standard output, PID as the machine numbers it.
# $1 state folder of the host, $2 pid of the holder
set -eu
if [ $$ != 1 ]; then
	echo "lab: boot.sh is not process 1 of fresh namespaces; the lab starts it, not you" >&2
	exit 70
fi
state=$1 holder=$2
# This /proc is still the machine's, so it tells the machine's number of this process.
read -r pid _ </proc/self/stat

# The far end of the cable stays with the holder: the host has one network card and nobody answers. A name of its own
# for each start, because the end of the last start may still be about to vanish.
ip link set lo up
ip link add name ens3 address 52:54:00:6b:74:01 type veth peer name "lab$pid" netns "/proc/$holder/ns/net"
ip address add 192.0.2.10/24 dev ens3
ip link set ens3 up
ip route add default via 192.0.2.1
nsenter --net="/proc/$holder/ns/net" ip link set "lab$pid" up

cd "$state/disk/root"
mount -t tmpfs -o nosuid,nodev,mode=755,size=64m tmpfs run
mount -t tmpfs -o nosuid,mode=755,size=4m udev dev
for node in null zero full random urandom tty; do
	: >dev/$node
	mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm dev/disk dev/disk/by-uuid run/lock run/systemd run/systemd/system run/udev run/udev/data
mount -t devpts -o nosuid,noexec,gid=5,mode=620,ptmxmode=666,newinstance devpts dev/pts
mount -t tmpfs -o nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
chmod 1777 dev/shm run/lock
# A plain file: what a script writes to the kernel log must not reach the machine's.
: >dev/kmsg
# Shown, never opened: the file system is mounted nodev below.
mknod dev/vda b 252 0
mknod dev/vda1 b 252 1
while read -r name target; do ln -s "$target" "dev/disk/by-uuid/$name"; done <"$state/lab/by-uuid"
mount -o remount,nodev dev

mount -t tmpfs -o nosuid,nodev,noexec,mode=755 sysfs sys
cp -a usr/lib/trialboot-lab/sys/. sys/
mkdir run/lab
cp -a "$state/lab/." run/lab/
ln -s /var/log/journal/lab run/lab/journal
[ ! -d run/lab/sys ] || cp -a run/lab/sys/. sys/
cp -a usr/lib/trialboot-lab/udev/. run/udev/data/

mount -t proc -o nosuid,nodev,noexec proc proc
# Settings of the machine's kernel are not the host's to change; those of its own network are.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
(cd run/lab/proc && find . -type f) | while read -r file; do
	[ -e "proc/$file" ] || continue
	mount --bind "run/lab/proc/$file" "proc/$file"
done

# Debian 13 has /tmp in memory, Debian 12 empties the folder at each start.
if [ -e usr/lib/systemd/system/local-fs.target.wants/tmp.mount ]; then
	mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs tmp
else
	find tmp -mindepth 1 -delete
fi
hostname "$(cat etc/hostname)"

pivot_root . mnt
cd /
umount -l /mnt
exec /usr/lib/trialboot-lab/init "up $pid" </dev/null
