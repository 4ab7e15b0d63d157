#!/bin/bash
# `cmma race explore --plan uses`: a discard between any two uses of a block finds what a discard at any place finds. That is so if
# the recording run is the run without it, if the first place of an interval is as good as the last one, and if each kind of use
# is one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/explore.sh"

# The tutorial's: 8 pages, read 3 times. Broken there are two places a reading where a discard is noticed, and one of them is wrong.
scenario toy_cache_broken
results=broken explores 1 toy_cache_broken --plan uses
check_err '; 8 blocks could be discarded, at [0-9]{5,} places in all; by their uses these are 56 intervals \(48 with essa, 8 with end\)'
check_out '^56 plans run, 56 did something, 24 failed$'
check_out '24  corruption: checksum mismatch \(first: plan 1\)'
check_out '^they stand for [0-9]{5,} places, [0-9]+ of which fail$'
mkdir "$work/replayed"
status=0
"$cmma" race replay "$work/broken.plan-1.schedule.toml" --out "$work/replayed" >"$work/out" 2>"$work/err" || status=$?
check 'the replay fails' [ "$status" -eq 1 ]
check_err '^signature: corruption: checksum mismatch$'
scenario toy_cache_mended
results=mended explores 0 toy_cache_mended --plan uses
check_out '^32 plans run, 32 did something, 0 failed$'

# The first place of an interval is as good as the last one.
results=early explores 1 toy_cache_broken --plan uses --early
check 'the first places fail as the last ones' [ "$(runs "$work/early")" = "$(runs "$work/broken")" ]
check 'that is another campaign' [ "$(head -n 1 "$work/early")" != "$(head -n 1 "$work/broken")" ]

# In parts, and gone on with; another kernel's intervals are refused.
for part in 0 1; do results=part$part explores 1 toy_cache_broken --plan uses --part $part --parts 2; done
"$cmma" race merge "$work/part0" "$work/part1" --out "$work/merged" >"$work/out"
check 'the parts make the whole' [ "$(runs "$work/merged")" = "$(runs "$work/broken")" ]
head -c 1500 "$work/broken" >"$work/cut"
results='cut' explores 1 toy_cache_broken --plan uses
check 'the rest was run' [ "$(runs "$work/cut")" = "$(runs "$work/broken")" ]
results=some explores 1 toy_cache_broken --plan uses --first 2 --last 3
check_out '^2 plans run, 2 did something, [12] failed$'
results=broken explores 3 toy_cache_mended --plan uses
check_err 'has the results of another campaign'

# A recording run is the run without it.
for name in toy_cache_mended:1 invariants:2; do
  scenario "${name%:*}" "${name#*:}"
  mkdir "$work/${name%:*}"
  "$cmma" race run "$work/${name%:*}.toml" --out "$work/${name%:*}" >"$work/out" 2>"$work/err" || failed "$name"
  alone=$(unseed)
  sed -i "1i uses = \"$work/${name%:*}.uses\"" "$work/${name%:*}.toml"
  "$cmma" race run "$work/${name%:*}.toml" --out "$work/${name%:*}" >"$work/out" 2>"$work/err" || failed "$name, recorded"
  check 'something was recorded' [ -s "$work/${name%:*}.uses" ]
  check "recording changes nothing: $name" [ "${alone:-none}" = "$(unseed)" ]
done
sed -i '/^cpus/a policy = "clock"' "$work/invariants.toml"
status=0
"$cmma" race run "$work/invariants.toml" --out "$work/invariants" >"$work/out" 2>"$work/err" || status=$?
check 'not with a policy that has its own use for the mark' [ "$status" -ne 0 ]
check_err 'uses are recorded with the policy none only'

# Loads and stores, by the guest that has them: each is a use, and a machine that breaks a rule is found out between two of them.
scenario invariants 2
results=good explores 0 invariants --plan uses
check_err '[0-9]+ with access'
check_out '^[0-9]+ plans run, [0-9]+ did something, 0 failed$'
for mutant in tlb:loads change:stores; do
  scenario invariants 2 16 "\"--cmma-option\", \"test=on\", \"--cmma-option\", \"mutant=${mutant%:*}\", \"--cmma-option\", \"invariants=off\""
  results="${mutant%:*}" explores 1 invariants --plan uses
  check "what the mutant ${mutant%:*} breaks is what fails" \
    grep -q "checksum mismatch: [0-9]* .*${mutant#*:}" "$work/${mutant%:*}".plan-*.console.txt
done

# Each kind of use, as the guest has them: two entries of a DAT table (not the translation that the TLB has); five loads and a store; a
# storage key and two ESSA; eight instructions, of two calls.
scenario known_uses
sed -i "1i uses = \"$work/known.uses\"" "$work/known_uses.toml"
mkdir "$work/known"
"$cmma" race run "$work/known_uses.toml" --out "$work/known" >"$work/out" 2>"$work/err" || failed known_uses
# of BLOCK: how its intervals end.
of() { grep "\"block\":$1," "$work/known.uses" | sed -E 's/.*"ended-by":"([a-z-]*)".*/\1/' | sort | uniq -c | xargs; }
check 'loads, a store, a key' [ "$(of $((0x1345)))" = '6 access 2 essa 1 storage-key' ]
check 'instructions' [ "$(of $((0x1456)))" = '8 access 1 essa' ]
table=$(grep -Ev '"block":(4933|5206),' "$work/known.uses" | sed -E 's/.*"block":([0-9]+).*/\1/' | sort -u)
check 'entries of one table' [ "$(of "$table")" = '2 access 1 essa' ]

status=0
"$cmma" race explore "$work/toy_cache_mended.toml" --results "$work/none" --plan uses --action page-out >"$work/out" 2>"$work/err" || status=$?
check 'only discards' [ "$status" -eq 2 ]
check_err 'discards, in a window'
