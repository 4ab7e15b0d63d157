#!/bin/bash
# The race engine in a real run: a scenario discards volatile blocks behind ESSA, the guest reads right all the same; the
# schedule that comes out does the same run again; a wrong scenario is one clear line.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/sbin:/usr/sbin

mkdir "$work/tree"
for i in $(seq 40); do head -c 20000 /dev/urandom >"$work/tree/f$i"; done
sum=$(cat "$work"/tree/f* | sha256sum)
truncate --size 8M "$work/disk"
mke2fs -q -t ext4 -d "$work/tree" "$work/disk"

race() {
  boots "$1" --deterministic --memory 64M --policy none --disk "$work/disk" --append page_states=on \
    --json "$work/report.json" --cmma-option "race=$2" --cmma-option "schedule=$work/schedule.toml" \
    --cmma-option "interleaving=$work/story.txt" --run 'cat /mnt/f* | sha256sum; cat /mnt/f* | sha256sum'
}

cat >"$work/wrong.toml" <<'EOT'
name = "wrong"
summary = "an action that there is not"
[[trigger]]
event = "essa"
action = "explode"
block = "event"
EOT
race 3 "$work/wrong.toml"
check_err 'wrong.toml.*explode'

cat >"$work/scenario.toml" <<'EOT'
name = "five"
summary = "five blocks are discarded as soon as they become volatile"
[[trigger]]
event = "essa"
orc = 3
nth = 100
count = 5
action = "discard"
block = "event"
EOT
race 0 "$work/scenario.toml"
check 'both readings are right' [ "$(grep -c "^$sum\$" "$work/out")" -eq 2 ]
check_err 'reached [0-9]+, done 5, refused 0'
check_report discards_volatile -eq 5
check 'the interleaving has them' [ "$(grep -c '\* discard' "$work/story.txt")" -eq 5 ]
first=$(unseed)
cp "$work/schedule.toml" "$work/first.toml"

race 0 "$work/first.toml"
check_err 'of 5 steps of the schedule 5 were done'
check 'the schedule gives the same run' [ "$(unseed)" = "$first" ]
check 'and the same schedule' cmp -s "$work/first.toml" "$work/schedule.toml"
