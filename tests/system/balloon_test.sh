#!/bin/bash
# The guest's cmm balloon gives pages back with DIAGNOSE X'10', and the host has their frames again.
. "$(dirname "$0")/lib.sh"

boots 0 --memory 256M --json "$work/report.json" --overlay "$BUILD/programs/guest.cpio.gz" --append cmma=off --run '
  set -e
  memcheck 100 1
  mark full
  echo 20000 >/proc/sys/vm/cmm_pages
  i=0
  while [ "$(cat /proc/sys/vm/cmm_pages)" -lt 20000 ] && [ $i -lt 60 ]; do sleep 1; i=$((i + 1)); done
  mark inflated
  echo 0 >/proc/sys/vm/cmm_pages
  sleep 2
  memcheck 100 1'
check_out '^memcheck: .* 0 wrong$'
check_report released -ge 20000
check_report stray_errors -eq 0
