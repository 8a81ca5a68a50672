# GRUB's tools as a build has them that is told --program-transform-name=s,grub,grub2, and --with-grubdir=grub2, as the RHEL family's
# is: programs renamed, and the names in the scripts with them. The default file in grub-editenv itself stays /boot/grub/grubenv.
rm -f /etc/grub.d/05_debian_theme /etc/grub.d/20_linux_xen /etc/grub.d/25_bli /etc/grub.d/30_* /usr/sbin/update-grub /usr/sbin/update-grub2
names='editenv|probe|mkrelpath|script-check|file|set-default|reboot|mkconfig'
rename_in() {
	sed -i -E -e "s,grub-($names)\\b,grub2-\\1,g" -e 's,(/boot|[$][{]bootdir[}])/grub\b,\1/grub2,g' "$@"
}
for old in /usr/bin/grub-* /usr/sbin/grub-*; do
	new=${old%/*}/grub2-${old##*/grub-}
	mv "$old" "$new"
	# What the lab puts in the place of a program is told by its folder.
	[ "$(head -c 2 "$new")" != '#!' ] || grep -q /run/lab "$new" || rename_in "$new"
done
rename_in /etc/grub.d/* /usr/share/grub/grub-mkconfig_lib
chmod 755 /etc/grub.d/10_linux
rm -rf /boot/grub
mkdir -p /boot/grub2
