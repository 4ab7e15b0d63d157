#!/bin/bash
# A paging store that cannot be written or read stops the machine with one line that names block and file.
. "$(dirname "$0")/lib.sh"

# A full disk.
boots 3 --memory 256M --frames 64M --cmma-option store=/dev/full --run 'true'
check_err '/dev/full'
mkdir "$work/small"
if mount -t tmpfs -o size=8M small "$work/small" 2>/dev/null; then
  boots 3 --memory 256M --frames 64M --cmma-option "store=$work/small/store" \
    --overlay "$BUILD/programs/guest.cpio.gz" --run 'memcheck 150 1'
  check_err "block 0x[0-9a-f]+.*$work/small/store|$work/small/store.*block 0x[0-9a-f]+"
  umount "$work/small"
fi
