#!/bin/bash
# Memory keeps its content at 2 and 4 times as much of it as the host has frames, with 1 and 2 CPUs.
# timeout: 600
. "$(dirname "$0")/lib.sh"

# overcommitted MEMORY FRAMES CPUS MEGABYTES: every page of that many megabytes is written and read twice.
overcommitted() {
  boots 0 --memory "$1" --frames "$2" --cpus "$3" --json "$work/report.json" \
    --overlay "$BUILD/programs/guest.cpio.gz" --run "memcheck $4 2 $3"
  check_out "^memcheck: .* 2 rounds, $3 threads, 0 wrong\$"
  check_report page_outs -gt 0
  check_report stray_errors -eq 0
  check_report frames_peak -le $((${2%M} * 256))
}

overcommitted 256M 128M 1 190
overcommitted 256M 128M 2 190
overcommitted 256M 64M 1 190
overcommitted 256M 64M 2 190
