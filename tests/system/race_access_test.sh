#!/bin/bash
# A scenario's triggers at accesses to a block, and at stores into DAT tables, in the real machine: it counts all of them although
# it looks each page up but once otherwise; looking changes nothing; and what was done behind one is done again by the schedule. So is
# what was done before an instruction that is right behind an event.
. "$(dirname "$0")/lib.sh"
images=$BUILD/cmake-gcc/tests/guest

# races STATUS IMAGE CPUS SCENARIO
races() {
  boots "$1" --deterministic --det-option turn=5:50 --memory 64M --policy none --cpus "$3" --kernel "$images/$2.img" \
    --cmma-option "race=$4" --cmma-option "schedule=$work/schedule.toml"
}
# replays IMAGE CPUS: the schedule of the last run gives the same run, and the same schedule.
replays() {
  local first steps
  first=$(unseed)
  cp "$work/schedule.toml" "$work/first.toml"
  steps=$(grep -c '^\[\[trigger' "$work/first.toml" || true)
  check 'something was done' [ "$steps" -gt 0 ]
  races 0 "$1" "$2" "$work/first.toml"
  check_err "of $steps steps of the schedule $steps were done"
  check 'the schedule gives the same run' [ "$(unseed)" = "$first" ]
  check 'and the same schedule' cmp -s "$work/first.toml" "$work/schedule.toml"
}

cat >"$work/none.toml" <<'EOF'
name = "none"
summary = "nothing is looked for"
EOF
races 0 toy_cache_mended 1 "$work/none.toml"
alone=$(unseed)

# The first page of toy_cache: 512 words are stored, and loaded in each of three rounds.
cat >"$work/counts.toml" <<'EOF'
name = "counts"
summary = "accesses to a page of which all are known"
[[trigger]]
access = 0x1000008
nth = 2048
action = "print"
text = "the last one"
[[trigger]]
access = 0x1000000
nth = 2049
action = "print"
[[trigger]]
access = 0x1000000
kind = "store"
nth = 513
action = "print"
[[trigger]]
access = 0x1000000
kind = "load"
nth = 1537
action = "print"
[[trigger]]
access = 0x3000000
action = "print"
EOF
races 0 toy_cache_mended 1 "$work/counts.toml"
check_err 'print at an access to 0x1000008, time 2048 .*reached 2048, done 1'
check_err 'print at an access to 0x1000000, time 2049 .*reached 2048, done 0'
check_err 'print at a store into 0x1000000, time 513 .*reached 512, done 0'
check_err 'print at a load from 0x1000000, time 1537 .*reached 1536, done 0'
check_err 'print at an access to 0x3000000 .*reached 0,'
check_err 'race: cpu0 at .*: the last one'
check 'the run is the same' [ "$(unseed)" = "$alone" ]

# Paged out in the middle of the third reading: the content comes back. A load that finds it paged out counts as one.
cat >"$work/out.toml" <<'EOF'
name = "out"
summary = "a page goes behind a load from it, and comes back with the next one"
[[trigger]]
access = 0x1000000
kind = "load"
nth = 1100
count = 3
action = "page-out"
block = 0x1000000
EOF
races 0 toy_cache_mended 1 "$work/out.toml"
check_err 'page-out 0x1000000 at a load from 0x1000000, time 1100, 3 times .*reached 1102, done 3, refused 0'

# Two CPUs: the other one runs behind a store into the block that has the number of references.
block=$("${NM:-llvm-nm-19}" "$images/state_lock_mended.elf" | sed -nE 's/^([0-9a-f]+) . references$/0x\1/p')
cat >"$work/two.toml" <<EOF
name = "two"
summary = "CPUs take turns behind stores"
[[trigger]]
access = $block
kind = "store"
cpu = 0
nth = 2
count = 3
action = "switch"
to = 1
stay = 2
[[trigger]]
access = $block
cpu = 1
nth = 3
action = "timer"
to = 0
EOF
races 0 state_lock_mended 2 "$work/two.toml"
check_err 'switch to cpu1 .*done [1-3], refused [0-2]$'
replays state_lock_mended 2

# Behind compare and swap it is drawn who goes on. What is done before the next instruction of the same CPU is done after that.
# (The whole listing is read: a listing cut short would end this test without a word.)
behind=$("${OBJDUMP:-llvm-objdump-19}" -d --no-show-raw-insn "$images/state_lock_mended.elf" |
  awk '/<test_main>:/ { found = 1 } found == 1 && $2 == "cs" { getline; sub(":", "", $1); print "0x" $1; found = 2 }')
check 'the image has a place behind compare and swap' [ -n "$behind" ]
for action in 'action = "switch"\nto = 1\nstay = 2' "action = \"page-out\"\nblock = $block" 'action = "timer"\nto = 1'; do
  printf 'name = "before"\nsummary = "before an instruction"\n[[trigger]]\nat = %s\ncpu = 0\ncount = 0\n%b\n' "$behind" "$action" \
    >"$work/before.toml"
  races 0 state_lock_mended 2 "$work/before.toml"
  check 'the schedule has the place' grep -q '^drawn = true$' "$work/schedule.toml"
  replays state_lock_mended 2
done

# Stores into page tables: 20 plain ones, 10 by compare and swap, 3 by IPTE, 7 into one that was linked in; 3 stores into the
# segment table do that. Not what is stored into a page table before it is one or when it is none any more.
races 0 page_tables 1 "$work/none.toml"
alone=$(unseed)
cat >"$work/tables.toml" <<'EOF'
name = "tables"
summary = "stores into DAT tables"
[[trigger]]
event = "pte-store"
detail = 0
nth = 40
action = "print"
text = "the last pte"
[[trigger]]
event = "pte-store"
detail = 0
nth = 41
action = "print"
[[trigger]]
event = "pte-store"
detail = 1
nth = 4
action = "print"
[[trigger]]
event = "pte-store"
nth = 44
action = "print"
EOF
races 0 page_tables 1 "$work/tables.toml"
check_err 'event pte-store 0, time 40 .*reached 40, done 1'
check_err 'race: cpu0 at .*, pte-store 0 0x[0-9a-f]*: the last pte'
check_err 'event pte-store 0, time 41 .*reached 40, done 0'
check_err 'event pte-store 1, time 4 .*reached 3, done 0'
check_err 'event pte-store, time 44 .*reached 43, done 0'
check 'the run is the same' [ "$(unseed)" = "$alone" ]

cat >"$work/tables.toml" <<'EOF'
name = "tables"
summary = "the page table goes behind a store into it"
[[trigger]]
event = "pte-store"
detail = 0
nth = 5
count = 20
action = "page-out"
block = "event"
EOF
races 0 page_tables 1 "$work/tables.toml"
check_err 'page-out event at event pte-store 0, time 5, 20 times .*done 20, refused 0'
replays page_tables 1

# Linux: ptes are stored by the thousand, by functions of memory management.
cat >"$work/linux.toml" <<EOF
name = "linux"
summary = "stores into page tables of Linux"
[[trigger]]
event = "pte-store"
detail = 0
nth = 2000
action = "stop"
text = "a pte of Linux"
[guest]
vmlinux = "$BUILD/kernel/vmlinux"
EOF
boots 1 --deterministic --memory 64M --append page_states=on --cmma-option "race=$work/linux.toml" --run true
check_err 'race: cpu0 at [0-9a-f]* [a-z_]*(pte|pgtable|fault|vm|map)[a-z_]*[+]0x[0-9a-f]*.*, pte-store 0 0x[0-9a-f]*: a pte of Linux'
check_err 'stop at event pte-store 0, time 2000 .*done 1, refused 0'
