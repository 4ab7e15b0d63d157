#!/bin/bash
# The host's own look at the guests that provoke each kind of discard fault: nothing is wrong with a machine that keeps the rules, and an
# instruction that has changed something before its discard fault is found. (explore_test.sh has the other rules.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/explore.sh"

# looked_at STATUS GUEST MUTANT
looked_at() {
  local status=0 out=$work/$2.$3
  scenario "$2" 1 16 "\"--cmma-option\", \"test=on\", \"--cmma-option\", \"mutant=$3\""
  mkdir "$out"
  "$cmma" race run "$work/$2.toml" --out "$out" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$1" ] || failed "status $status instead of $1: $2 with the mutant $3"
}

for guest in discard_operands discard_registers discard_fetch discard_implicit discard_dat discard_per discard_control discard_prefix; do
  looked_at 0 "$guest" none
  check_err '^signature: none$'
  looked_at 1 "$guest" repeat
  check_err '^signature: invariant: I8: an instruction that got a discard fault cannot be repeated$'
  check_err 'I8: .*: block 0x[0-9a-f]+ the instruction at 0x[0-9a-f]+ has changed the condition code$'
done
# An instruction that goes on where it was interrupted may have changed its registers.
looked_at 0 discard_interruptible none
check_err '^signature: none$'
