#!/bin/bash
# A file tree larger than the frames is read twice from a disk, and every checksum is right.
# timeout: 600
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$BUILD/programs/tree.img" "$work/tree.img"
boots 0 --memory 384M --frames 96M --cpus 2 --disk "$work/tree.img" --json "$work/report.json" \
  --overlay "$BUILD/programs/guest.cpio.gz" --run '
    set -e
    cp /mnt/MANIFEST /tmp/MANIFEST
    treecheck check /mnt/tree </tmp/MANIFEST
    treecheck check /mnt/tree </tmp/MANIFEST'
check_out '^treecheck: [0-9]+ files, [0-9]+ bytes, 0 wrong$'
check_report stray_errors -eq 0
check_report page_outs -gt 0
