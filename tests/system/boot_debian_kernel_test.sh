#!/bin/bash
# timeout: 1000
# Debian's own s390x kernel boots as it is, with the default root, and with its modules it mounts a disk.
. "$(dirname "$0")/lib.sh"
boot_timeout=480

# What is not loud enough for the console is in the kernel's log all the same, which is read from its memory.
boots 0 --kernel "$debian_kernel/vmlinuz" --kernel-log "$work/log" \
  --run 'uname -r; free -m; echo "<7>only in the log" >/dev/kmsg'
check_out '^6\.[0-9]+\.[0-9]+-.*s390x$'
check_no_out 'only in the log'
for line in 'Linux version 6' 'only in the log$'; do
  grep -q "^\[ .*\] $line" "$work/log" || failed "the kernel's log has no \"$line\""
done

mkdir "$work/tree"
echo 'from the disk' >"$work/tree/file"
truncate --size 16M "$work/disk"
PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -d "$work/tree" "$work/disk"
boots 0 --kernel "$debian_kernel/vmlinuz" --overlay "$debian_kernel/modules.cpio.gz" --disk "$work/disk" \
  --run 'cat /mnt/file'
check_out '^from the disk$'
