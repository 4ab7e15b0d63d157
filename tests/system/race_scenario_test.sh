#!/bin/bash
# `cmma race run` and `cmma race replay` with a whole guest: a scenario discards a page while read() copies from it, and the
# workload says so; the schedule that comes out leads to the same signature, with the seed of the run. And the scenario of
# this checkout that expects nothing finds nothing.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

race() {
  local expected=$1 status=0
  shift
  "$cmma" race "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma race $*"
}

cat >"$work/copied.toml" <<EOT
name = "copied"
race = "R41"
summary = "a page is discarded while read() copies from it"
expect = "corruption: checksum mismatch"
trigger = [
  { name = "volatile", event = "essa", orc = 3, action = "print" },
  { after = "volatile", at = "copy_page_to_iter", action = "discard", block = "page in register 2" },
]
[boot]
kernel = "$BUILD/kernel/bzImage"
initrd = "$BUILD/programs/race.cpio"
memory = "64M"
append = "page_states=on cmma_break=R0"
disk = ["$BUILD/programs/race.img"]
run = "echo 'cmma:' window; sleep 0.2; races r41 && grep '^page_state_copy_discarded 0' /proc/vmstat || echo checksum mismatch: it had to be copied again"
timeout = 240
[guest]
vmlinux = "$BUILD/kernel/vmlinux"
EOT
mkdir "$work/run" "$work/replay"
race 0 run "$work/copied.toml" --seed 5 --out "$work/run" --json "$work/results.jsonl"
check_out 'races: r41: all is right'
check_err 'signature: corruption: checksum mismatch'
check_err 'expected: .*\(hit\)'
check 'the story has the discard' grep -q '\* discard 0x' "$work/run/copied.interleaving.txt"
check 'the console was kept' grep -q 'it had to be copied again' "$work/run/copied.console.txt"
check 'the schedule has the seed of the run' grep -qx 'seed = 5' "$work/run/copied.schedule.toml"

race 0 replay "$work/run/copied.schedule.toml" --out "$work/replay"
check_err 'of 1 steps of the schedule 1 were done'
check_err 'expected: .*\(hit\)'
check 'a replay writes the same schedule' cmp -s "$work/run/copied.schedule.toml" "$work/replay/copied.schedule.toml"
check 'and the same console' cmp -s "$work/run/copied.console.txt" "$work/replay/copied.console.txt"

# From its window on: without triggers the page is there, and is so often with discards of other pages.
cd "$work" || exit 1
race 0 explore copied.toml --alone --plan random --rate 0 --seeds 1 --results alone.jsonl --json results.jsonl
check_out '^1 plans run, 0 did something, 0 failed$'
race 0 explore copied.toml --alone --plan random --block 'any volatile' --rate 20 --seeds 4 --results some.jsonl --ignore-findings
check_out '^4 plans run, [1-4] did something'
race 0 table results.jsonl
check_out '^\| R41 \| `copied` \| 1 of 1 \| 0 of 1 \| not run \| not run \| not run \| `corruption: checksum mismatch` \|$'

race 0 run "$root/scenarios/discard-when-volatile.toml" --out "$work/run"
check_err 'signature: none'
check_err 'discard event at event essa 3, always .*: reached [1-9][0-9]*, done [1-9][0-9]*, refused 0'
