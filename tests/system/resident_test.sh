#!/bin/bash
# The limit on frames is real: the part of main storage that this machine's Linux holds in memory never exceeds it,
# and what the guest frees comes back.
. "$(dirname "$0")/lib.sh"

mebibytes=512
frames=64
"$cmma" boot --timeout 240 --memory ${mebibytes}M --frames ${frames}M --json "$work/report.json" \
  --overlay "$BUILD/programs/guest.cpio.gz" --run 'memcheck 300 2' >"$work/out" 2>"$work/err" </dev/null &
boot=$!

# Main storage is the one mapping of its size; kilobytes of it that are in memory, or nothing before it is there.
resident() {
  awk -v size=$((mebibytes * 1024)) '$1 == "Size:" { here = $2 == size } here && $1 == "Rss:" { print $2; exit }' \
    "/proc/$1/smaps" 2>/dev/null || true
}

# stands_still PROCESS: do all of its threads? A stop takes each of them at its own time.
stands_still() { ! grep -qsh '^State:[[:space:]]*[^[:space:]TtXZ]' "/proc/$1"/task/*/status; }

# sample PROCESS: the same in $now. The machine is held meanwhile: Linux adds up block by block, and of a machine that runs
# it would count a block that leaves later, and another one that comes for it.
sample() {
  kill -STOP "$1" 2>/dev/null || return 0
  for ((tries = 0; tries < 100; tries++)); do
    if stands_still "$1"; then
      now=$(resident "$1")
      break
    fi
    sleep 0.01
  done
  kill -CONT "$1" 2>/dev/null || true
}

most=0
samples=0
while kill -0 $boot 2>/dev/null; do
  machine=$(pgrep -P $boot || true)
  now=
  if [ -n "$machine" ]; then sample "${machine%%$'\n'*}"; fi
  if [ -n "$now" ]; then
    samples=$((samples + 1))
    [ "$now" -le "$most" ] || most=$now
    [ "$now" -le $((frames * 1024)) ] || failed "$now kB of main storage are in memory"
  fi
  sleep 0.1
done
wait $boot || failed "the boot ended with status $?"
check_out '^memcheck: .* 0 wrong$'
check "main storage was seen in memory only $samples times" [ "$samples" -ge 10 ]
check "no more than $most kB were ever in memory: too few to prove anything" [ "$most" -ge $((frames * 1024 * 3 / 4)) ]
