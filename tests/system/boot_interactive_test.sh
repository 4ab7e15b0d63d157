#!/bin/bash
# Without --run: a shell on the console that reads standard input.
. "$(dirname "$0")/lib.sh"

status=0
# shellcheck disable=SC2094  # one side waits for what the other writes
{
  for _ in $(seq 1 300); do
    if grep -q 'A shell' "$work/out" 2>/dev/null; then break; fi
    sleep 0.2
  done
  echo 'echo "sum: $((40 + 2))"'
  sleep 2
  echo 'exit'
  sleep 5
} | "$cmma" boot --timeout 120 >"$work/out" 2>"$work/err" || status=$?
[ "$status" -eq 0 ] || failed "status $status"
check_out 'sum: 42'
