#!/bin/bash
# Churn under every policy, with 2 CPUs: memory is written, checked and freed while files come and go.
# timeout: 600
. "$(dirname "$0")/lib.sh"

for policy in clock state-first random storm none; do
  boots 0 --memory 256M --frames 64M --cpus 2 --policy $policy --seed 7 --json "$work/report.json" \
    --overlay "$BUILD/programs/guest.cpio.gz" --run '
      set -e
      head -c 20000000 /dev/urandom >/tmp/one
      sum=$(md5sum </tmp/one)
      for i in 1 2 3; do
        memcheck 80 1 2
        cp /tmp/one /tmp/two
        [ "$(md5sum </tmp/two)" = "$sum" ]
        rm /tmp/two
      done
      [ "$(md5sum </tmp/one)" = "$sum" ]'
  check_out '^memcheck: .* 0 wrong$'
  check_report stray_errors -eq 0
  check_report drops_unused -gt 0
done
