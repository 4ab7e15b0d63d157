#!/bin/bash
# Disk images: read, written (the change is in the image afterwards), two of them, odd names.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/sbin:/usr/sbin

mkdir "$work/tree" "$work/a b"
head -c 3000000 /dev/urandom >"$work/tree/random"
sum=$(sha256sum <"$work/tree/random")
first="$work/a b/disk,one \$x"
truncate --size 16M "$first" "$work/two"
mke2fs -q -t ext4 -d "$work/tree" "$first"
mke2fs -q -t ext4 "$work/two"
boots 0 --disk "$first" --disk "$work/two" --run '
  set -e
  sha256sum </mnt/random
  mkdir /two
  mount /dev/dasdb /two
  cp /mnt/random /two/copy
  umount /two'
check_out "^$sum\$"
check 'the second image has not what the guest wrote' \
  [ "$(debugfs -R 'cat /copy' "$work/two" 2>/dev/null | sha256sum)" = "$sum" ]
