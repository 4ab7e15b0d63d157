#!/bin/bash
# The census that was published of a real system: how many of the pages that are in memory are volatile after boot, and how many
# after a source tree has been searched? A guest of 1 GB with all its frames, whose programs come from a disk as a real
# system's do, not from the initial ramdisk: what a small server starts, then grep over a file tree.
#
#   census.sh        prints the state matrix of both moments, and the shares
#
# Status 1 if the guest failed.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

"$root/scripts/build-kernel.sh"
"$root/scripts/build-programs.sh" tree
# shellcheck disable=SC2046  # one word a package
"$root/scripts/build-rootfs.sh" disk census 400 $(downloads_of disk-census)
out=$build/census
mkdir -p "$out"
cp --sparse=always "$build/rootfs/census.img" "$out/root.img"
cp --sparse=always "$build/programs/tree.img" "$out/tree.img"

# The packages' install scripts were not run: users, keys and folders are made here.
# shellcheck disable=SC2016  # the guest's shell expands it
work='
set -e
printf "%s\n" "sshd:x:100:65534::/run/sshd:/bin/false" "messagebus:x:101:101::/:/bin/false" >>/mnt/etc/passwd
printf "%s\n" "adm:x:4:" "tty:x:5:" "nogroup:x:65534:" "messagebus:x:101:" >>/mnt/etc/group
mkdir -p /mnt/run/sshd /mnt/run/dbus /mnt/var/log /mnt/var/spool/cron/crontabs /mnt/var/spool/rsyslog
guest /lib/systemd/systemd-udevd --daemon
guest env SYSTEMD_IGNORE_CHROOT=1 udevadm trigger --action=add
guest env SYSTEMD_IGNORE_CHROOT=1 udevadm settle
guest rsyslogd
guest dbus-daemon --system --fork
guest cron
guest ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
: >/mnt/etc/ssh/sshd_config
guest /usr/sbin/sshd
guest bash -lc "ps ax; ls -lR /etc | sort | tail -n 1; perl -e \"use POSIX; print POSIX::uname(), qq(\\n)\""
for daemon in udevd rsyslogd dbus-daemon cron sshd; do guest pgrep -f "$daemon" >/dev/null; done
mark "after boot"
mount -o noatime /dev/dasdb /mnt/data
guest grep -rIc page_states /data/tree >/tmp/found
wc -l /tmp/found
mark "after grep"'

say "a small server from a disk, then grep over a file tree ..."
"$build/bin/cmma" boot --memory 1G --policy none --timeout 900 --disk "$out/root.img" --disk "$out/tree.img" \
  --overlay "$build/programs/guest.cpio.gz" --append page_states=on --json "$out/report.json" --run "$work" \
  >"$out/log" 2>"$out/messages" </dev/null || {
  tail -n 20 "$out/log" "$out/messages" >&2
  say "the guest failed; its console is in $out/log"
  exit 1
}
rm -f "$out"/*.img
"$build/bin/cmma" compare --stages "census=$out/report.json" | sed -n '/^census, after/,/^all/p'
echo "volatile blocks among the resident: $(volatile_share "$out/report.json" "after boot") after boot," \
  "$(volatile_share "$out/report.json" "after grep") after grep"
