#!/bin/bash
# `cmma race explore` on the bare-metal guests of tests/guest/race: it finds each race and nothing in the guest without it;
# what it finds can be replayed from the boot on; parts of a campaign make the whole, and one that was stopped goes on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/explore.sh"

# The tutorial's: a discard between two instructions. It is tried behind each ESSA.
scenario toy_cache_broken
explores 1 toy_cache_broken
check_out '^72 plans run, 48 did something, 24 failed$'
check_out '24  corruption: checksum mismatch \(first: plan 0\)'
mkdir "$work/replayed"
status=0
"$cmma" race replay "$work/toy_cache_broken.jsonl.plan-0.schedule.toml" --out "$work/replayed" >"$work/out" 2>"$work/err" ||
  status=$?
check 'the replay fails' [ "$status" -eq 1 ]
check_err '^signature: corruption: checksum mismatch$'
check_out 'checksum mismatch in page 0'
check 'it did what the run in the window did' diff <(grep -A9 '^\[\[trigger' "$work/toy_cache_broken.jsonl.plan-0.schedule.toml") \
  <(grep -A9 '^\[\[trigger' "$work"/replayed/*.schedule.toml)

scenario toy_cache_mended
explores 0 toy_cache_mended
check_out '^48 plans run, 24 did something, 0 failed$'

# Many discards at a time: of the failure that they lead to one is enough, and it is found.
results=many explores 1 toy_cache_broken --plan random --rate 20000 --seeds 2
check_err 'plan [01] in small: 1 steps, found in [0-9]+ runs'
whole=$(find "$work" -name 'many.plan-?.schedule.toml')
check 'the whole one has many' [ "$(grep -c '^\[\[trigger' "$whole")" -gt 5 ]
for how in '' --boot-each; do
  # shellcheck disable=SC2086  # an option or none
  "$cmma" race shrink "$whole" --output "$work/small.schedule.toml" $how >"$work/out" 2>"$work/err" </dev/null ||
    failed "cmma race shrink $how"
  check_out '^corruption: checksum mismatch$'
  check_out '^1 of [0-9]+ triggers left after [0-9]+ runs$'
  check 'the file has it' [ "$(grep -c '^\[\[trigger' "$work/small.schedule.toml")" -eq 1 ]
  mkdir "$work/small$how"
  status=0
  "$cmma" race replay "$work/small.schedule.toml" --out "$work/small$how" >"$work/out" 2>"$work/err" || status=$?
  check 'it fails as the whole one' [ "$status" -eq 1 ]
  check_err '^signature: corruption: checksum mismatch$'
done
sed '/^\[\[trigger/,$d' "$whole" >"$work/none.schedule.toml"
status=0
"$cmma" race shrink "$work/none.schedule.toml" >"$work/out" 2>"$work/err" || status=$?
check 'what does not fail is refused' [ "$status" -eq 1 ]
check_err 'does not fail'
check 'and nothing is written' [ ! -e "$work/none.small.schedule.toml" ]

# Stopped in the middle of a line, gone on with, and in two parts.
head -c 2000 "$work/toy_cache_broken.jsonl" >"$work/cut"
results='cut' explores 1 toy_cache_broken
check 'the rest was run' [ "$(runs "$work/cut")" = "$(runs "$work/toy_cache_broken.jsonl")" ]
for part in 0 1; do results=part$part explores 1 toy_cache_broken --part $part --parts 2; done
"$cmma" race merge "$work/part0" "$work/part1" >"$work/merged"
check 'the parts make the whole' [ "$(runs "$work/merged")" = "$(runs "$work/toy_cache_broken.jsonl")" ]

# A CPU switch at one place and a discard at another.
scenario state_lock_broken 2 4
explores 1 state_lock_broken --plan bounded --stay 2 --last 40
check_out 'corruption: checksum mismatch'
scenario state_lock_mended 2 4
explores 0 state_lock_mended --plan bounded --stay 2 --last 40
scenario stale_fault_broken 2
explores 1 stale_fault_broken --plan bounded --stay 4 --last 30
check_out 'corruption: checksum mismatch'
scenario stale_fault_mended 2
explores 0 stale_fault_mended --plan bounded --stay 4 --last 30

# Two locks in different orders: a hang is found by the guest's own time, whether its CPUs spin or nobody runs any more, and replayed.
for name in lock_order_broken lock_order_asleep; do
  scenario $name 2
  sed -i '/^cpus/a limit = 0.5' "$work/$name.toml"
  explores 1 $name --plan bounded --deeds 0 --stay 4 --last 12
  check_out '  hang: no end \(first: plan'
  schedule=$(echo "$work/$name".jsonl.plan-*.schedule.toml)
  mkdir "$work/$name"
  sed -i 's/^limit = .*/limit = 0.8/' "$schedule"
  for run in 1 2; do
    status=0
    "$cmma" race replay "$schedule" --out "$work/$name" >"$work/out" 2>"$work/err" || status=$?
    check 'the replay fails' [ "$status" -eq 1 ]
    check_err '^signature: hang: no end$'
    check_err 'HHCCM041E cpu1 is at [0-9a-f]+'
    grep -E 'HHCCM(039|041|022)' "$work/err" >"$work/hang.$run"
  done
  check 'both replays end at the same instruction' cmp "$work/hang.1" "$work/hang.2"
done
scenario lock_order_mended 2
explores 0 lock_order_mended --plan bounded --deeds 0 --stay 4 --last 12

# The machine itself: with each rule broken on purpose the exploration finds where, and without none.
scenario invariants 2
explores 0 invariants
check_out '^[0-9]+ plans run, [0-9]+ did something, 0 failed$'
for mutant in tlb:loads change:stores orc6:stable; do
  scenario invariants 2
  options="\"--cmma-option\", \"test=on\", \"--cmma-option\", \"mutant=${mutant%:*}\""
  sed -i "s/^options.*/options = [$options, \"--cmma-option\", \"invariants=off\"]/" "$work/invariants.toml"
  results=$mutant explores 1 invariants
  check_out 'corruption: checksum mismatch'
  check "what the mutant ${mutant%:*} breaks is what fails" \
    grep -q "checksum mismatch: [0-9]* .*${mutant#*:}" "$work/$mutant".plan-*.console.txt
done

# The host sees the same itself, before the guest does, and stops there; and so does the replay.
for mutant in 'tlb:I2: a discarded block was read without a discard fault' \
  'change:I3: a completed write to a potentially volatile block is lost' \
  'repeat:I8: an instruction that got a discard fault cannot be repeated'; do
  scenario invariants 2
  options="\"--cmma-option\", \"test=on\", \"--cmma-option\", \"mutant=${mutant%%:*}\""
  sed -i "s/^options.*/options = [$options]/" "$work/invariants.toml"
  results=watched-${mutant%%:*}
  explores 1 invariants
  check_out "  invariant: ${mutant#*:} \\(first: plan"
  check_no_out 'corruption'
  schedule=$(echo "$work/$results".plan-*.schedule.toml)
  mkdir "$work/out-$results"
  status=0
  "$cmma" race replay "$schedule" --out "$work/out-$results" >"$work/out" 2>"$work/err" || status=$?
  check 'the replay fails' [ "$status" -eq 1 ]
  check_err "^signature: invariant: ${mutant#*:}\$"
  check 'the story names the block' grep -Eq '\* invariant: I[238].*: block 0x[0-9a-f]+ ' "$work/out-$results"/*.interleaving.txt
done
unset results
# This one needs nobody who discards: the first run shows it.
scenario invariants 2
sed -i 's/^options.*/options = ["--cmma-option", "test=on", "--cmma-option", "mutant=orc6"]/' "$work/invariants.toml"
mkdir "$work/orc6-out"
status=0
"$cmma" race run "$work/invariants.toml" --out "$work/orc6-out" >"$work/out" 2>"$work/err" || status=$?
check 'the run fails' [ "$status" -eq 1 ]
check_err '^signature: invariant: I4: ORC 6 has left a block that it found neither stable nor discarded$'
check_err 'HHCCM036S race: at instruction [0-9]+, behind event [0-9]+: invariant: I4'
sed -i 's/mutant=orc6/mutant=none/' "$work/invariants.toml"
"$cmma" race run "$work/invariants.toml" --out "$work/orc6-out" >"$work/out" 2>"$work/err" || failed 'a good machine'
check_err '^signature: none$'
watched=$(unseed)
sed -i 's/^options = \[/&"--cmma-option", "invariants=off", /' "$work/invariants.toml"
"$cmma" race run "$work/invariants.toml" --out "$work/orc6-out" >"$work/out" 2>"$work/err" || failed 'a machine that is not watched'
check 'looking changes nothing' [ "${watched:-none}" = "$(unseed)" ]

# No window, and nothing that says so in time.
scenario risbgn
explores 3 risbgn
check_err 'has not opened its window'
