#!/bin/bash
# A guest that reads all of its own memory through the kernel (/proc/kcore), on the host that discards whatever it may at once
# (storm): what is unused or discarded reads as zeros, what is paged out is there, and the kernel has nothing to complain about.
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$BUILD/programs/tree.img" "$work/tree.img"
boots 0 --memory 256M --frames 96M --cpus 2 --policy storm --disk "$work/tree.img" --json "$work/report.json" \
  --overlay "$BUILD/programs/guest.cpio.gz" --append "page_states=on" --run '
    set -e
    find /mnt/tree/mm /mnt/tree/lib -type f -exec cat {} + >/dev/null
    oldmemory fill 20000 >/tmp/said &
    until grep -q filled /tmp/said; do usleep 100000; done
    oldmemory count /proc/kcore 20000'
check_out '^oldmemory: 6[0-9]{4} pages, [1-9][0-9]{4} zero, 20000 filled, '
check_no_out 'BUG|WARNING|Oops|Call Trace'
check_report page_outs -gt 0
check_report discards_volatile -gt 100
check_report unused_accesses -gt 1000
check_report stray_errors -eq 0
