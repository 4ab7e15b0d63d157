#!/bin/bash
# A guest that offers its page cache, on the host that discards whatever it may at once (storm): the kernel's own
# KUnit tests, then a file tree through read() and through mappings, with 1 and 2 CPUs. Every checksum is right,
# discard faults were taken, no page of the cache was written to the paging store, and the kernel has nothing
# to complain about.
# timeout: 600
. "$(dirname "$0")/lib.sh"

for cpus in 1 2; do
  cp --sparse=always "$BUILD/programs/tree.img" "$work/tree.img"
  boots 0 --memory 384M --frames 96M --cpus $cpus --policy storm --disk "$work/tree.img" --json "$work/report.json" \
    --overlay "$BUILD/programs/guest.cpio.gz" --append "page_states=on kunit.enable=1" --run '
      set -e
      mount -t debugfs none /sys/kernel/debug
      grep -E " (mm|lib)/" /mnt/MANIFEST >/tmp/MANIFEST
      treecheck check /mnt/tree </tmp/MANIFEST
      treecheck map /mnt/tree </tmp/MANIFEST
      treecheck map /mnt/tree </tmp/MANIFEST
      treecheck check /mnt/tree </tmp/MANIFEST
      grep page_state /proc/vmstat
      cat /sys/kernel/debug/page_states/matrix /sys/kernel/debug/page_states/refusals'
  check_out '^\[.*# Totals: pass:12 fail:0 skip:0 total:12'
  check "four rounds right" [ "$(grep -cE '^treecheck: [0-9]+ files, [0-9]+ bytes, 0 wrong$' "$work/out")" -eq 4 ]
  check_out '^page_state_discard [1-9]'
  check_out '^page_state_fault [1-9]'
  check_out '^page_state_copy_discarded [1-9]'
  check_out '^volatile [0-9]+ 0 [1-9]'
  check_no_out 'BUG|WARNING|Oops|Call Trace'
  check_report discards_volatile -gt 1000
  check_report discard_faults -gt 100
  check_report page_outs -eq 0
  check_report stray_errors -eq 0
done

# Not asked for, and without a host that listens, nothing is offered.
boots 0 --cpus 2 --json "$work/report.json" --run 'find / -xdev -type f -exec cat {} + >/dev/null; grep page_state /proc/vmstat'
check_out '^page_state_volatile 0$'
check_report essa_3 -eq 0
boots 0 --json "$work/report.json" --append "page_states=on cmma=off" --run true
check_out 'page_states=on is ignored: the host takes no hints'
check_report essa_3 -eq 0
