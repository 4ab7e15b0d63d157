#!/bin/bash
# A campaign of `cmma race explore` in parts that GNU parallel runs finds what the same campaign in one part finds, with the
# same schedules; one that is interrupted, by itself or with GNU parallel, goes on where it was.
# timeout: 600
. "$(dirname "$0")/lib.sh"
image=$BUILD/cmake-gcc/tests/guest/state_lock_broken.img
command -v parallel >/dev/null || { echo 'there is no GNU parallel here'; exit 77; }
# It asks to be cited otherwise, and keeps what it knows in the home folder.
export PARALLEL_HOME=$work/parallel
mkdir "$PARALLEL_HOME"
touch "$PARALLEL_HOME/will-cite"

cat >"$work/lock.toml" <<EOT
name = "lock"
summary = "two CPUs and a lock that is not taken"
[boot]
kernel = "$image"
memory = "64M"
cpus = 2
options = ["--det-option", "events=4"]
EOT
cd "$work"
plan=(--plan bounded --stay 2 --last 24)

# explores STATUS RESULTS OPTION...
explores() {
  local expected=$1 results=$2 status=0
  shift 2
  "$cmma" race explore lock.toml --results "$results" "${plan[@]}" "$@" >out 2>err </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma race explore --results $results $*"
}
lines() { tail -n +2 "$1" | sort; }
# The schedules that results have: their plans and their hashes.
kept() {
  local file
  for file in "$1".plan-*.schedule.toml; do echo "${file#"$1"} $(sha256sum <"$file")"; done
}
# Waits until COMMAND.
until_true() {
  local tries
  for ((tries = 0; tries < 1200; tries++)); do
    if "$@" 2>err; then return; fi
    sleep 0.05
  done
  failed "it never came to this: $*"
}
has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

explores 1 whole
explores 0 whole --ignore-findings
check_out 'corruption: checksum mismatch'
plans=$(($(wc -l <whole) - 1))
ways=$(grep -c '(first: plan' out)
check 'a schedule is kept of each way to fail' [ "$(kept whole | grep -cv '\.small\.')" -eq "$ways" ]

# In three parts, by the line that docs/scenarios.md has.
in_parts() {
  parallel --jobs 2 --joblog "$1.joblog" --resume-failed \
    "$cmma" race explore lock.toml --results "$1.part-{}" "${plan[@]}" --part {} --parts 3 --jobs 1 --ignore-findings \
    ::: 0 1 2 >"$1.out" 2>"$1.err" </dev/null
}
# compares NAME: the parts make the whole, and the same schedule is kept of it.
compares() {
  "$cmma" race merge --out "$1" "$1".part-[0-9] >out 2>err
  check "$1: the parts make the whole" diff <(lines "$1") <(lines whole)
  check_out 'corruption: checksum mismatch'
  check "$1: the smallest schedules are those of the whole" diff <(kept "$1") <(kept whole)
  check "$1: merge names them" [ "$(grep -c "^cmma race replay $1.plan-.*toml" out)" -eq "$ways" ]
}
check 'GNU parallel runs three parts' in_parts parted
compares parted
check 'each part is a part' [ "$(wc -l <parted.part-0)" -lt "$plans" ]
check 'nothing is run again' in_parts parted
check 'three jobs in all' [ "$(wc -l <parted.joblog)" -eq 4 ]

# Interrupted: what is under way comes to its end, and the same command goes on.
"$cmma" race explore lock.toml --results stopped "${plan[@]}" >out 2>err2 </dev/null &
until_true has_lines stopped 10
kill -TERM $!
status=0
wait $! || status=$?
check "the status is that of the signal, not $status" [ "$status" -eq 143 ]
grep -q 'stopped; the same command goes on' err2 || failed 'it does not say that it was stopped'
check 'it was not complete' [ "$(wc -l <stopped)" -lt "$plans" ]
check 'what was stopped is gone' [ -z "$(find . -maxdepth 1 -name 'cmma-explore-*')" ]
before=$(wc -l <stopped)
explores 1 stopped
check 'it went on' grep -q "^$((plans + 1 - before)) runs," out
check 'it has the results of the whole' diff <(lines stopped) <(lines whole)
check 'and its schedules' diff <(kept stopped) <(kept whole)

# So too with GNU parallel, whose jobs it stops. They are held meanwhile, or it might be done before it is asked to stop.
in_parts halted &
until_true has_lines halted.part-0 10
parallel=$(pgrep -P $! -f joblog)
until_true pkill -STOP -P "$parallel"
kill -TERM "$parallel" # begins no more jobs
sleep 0.1              # two signals at once may be one
kill -TERM "$parallel" # stops those that run
pkill -CONT -P "$parallel" || true
wait $! || true
check 'a part is not complete' [ "$(cat halted.part-* | wc -l)" -lt "$plans" ]
check 'the same line goes on' in_parts halted
compares halted
