#!/bin/bash
# The action `timer` of a scenario in the real machine: an interruption for each, at the next instruction, whatever the guest's
# comparator says, and no other; the schedule does it again.
. "$(dirname "$0")/lib.sh"
image=$BUILD/cmake-gcc/tests/guest/timer.img
at=$("${OBJDUMP:-llvm-objdump-19}" -d --no-show-raw-insn "${image%.img}.elf" |
  awk '/<count_up>:/ { found = 1; next } found && !shown { sub(":", "", $1); print "0x" $1; shown = 1 }')
check 'the image has the loop' [ -n "$at" ]

# interrupted TIMES SCENARIO
interrupted() {
  boots 0 --deterministic --memory 64M --policy none --kernel "$image" --cmma-option "race=$2" --cmma-option "schedule=$work/schedule.toml"
  check_out "^INFO: timer: interruptions of the timer: $1\$"
}

cat >"$work/none.toml" <<'EOF'
name = "none"
summary = "a comparator that is far off does not interrupt"
EOF
interrupted 0 "$work/none.toml"

cat >"$work/timer.toml" <<EOF
name = "timer"
summary = "the 100th, 102nd and 5000th time"
trigger = [
  { at = $at, nth = 100, action = "timer" },
  { at = $at, nth = 102, action = "timer" },
  { at = $at, nth = 5000, action = "timer" },
]
EOF
interrupted 3 "$work/timer.toml"
# Who is interrupted before an instruction comes to it again: rounds are less than times.
for round in 99 100 4997; do check_out "^INFO: timer: interruption of the timer at $round\$"; done
first=$(unseed)
mv "$work/schedule.toml" "$work/first.toml"
interrupted 3 "$work/first.toml"
check 'the schedule gives the same run' [ "$(unseed)" = "$first" ]
