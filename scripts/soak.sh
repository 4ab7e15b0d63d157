#!/bin/bash
# What takes longer than a test run may: soak.sh [PART...], all parts if none is named.
#
#   stress   stress-ng (Debian's s390x package) under each policy; SOAK_SECONDS each, 120 if not set
#   memory   the memory checker at 4 times the frames with 1 and 2 CPUs
#   storm    all workloads of storm.sh on the kernel that checks itself; SOAK_SEEDS seeds of each, 20 if not set. These are hours:
#            what is in build/soak/storm/results already is not run again, so it can be stopped and goes on
#   kexec    one kernel starts another, by kexec and after a crash (kexec.sh)
#   unseed   a hundred deterministic runs, and runs of machines that are compiled otherwise, are the same run (check-unseed.sh)
#   races    the catalogue of races, each with many seeds (race-catalogue.sh). These are hours, too, and can be stopped
#
# Ends with `N passed, N failed`.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

seconds=${SOAK_SECONDS:-120}
seeds=${SOAK_SEEDS:-20}
[ $# -gt 0 ] || set -- stress memory storm kexec unseed races
for part; do
  case $part in
    stress | memory | storm | kexec | unseed | races) ;;
    *) refuse "no part of the soak is called $part: stress memory storm kexec unseed races" ;;
  esac
done
is_wanted() { [[ " $parts " == *" $1 "* ]]; }
parts=$*
"$root/scripts/build-programs.sh"
# shellcheck disable=SC2046  # one word a package
"$root/scripts/build-rootfs.sh" disk soak 600 $(downloads_of disk-soak)
out=$build/soak
mkdir -p "$out"
passed=0
failed=0

counter() { sed -nE "s/^ *\"$2\": ([0-9]+),?$/\1/p" "$out/$1.json" | head -n 1; }

# soak NAME ARGUMENT...: a run that must end well, without an unannounced access to a lost block.
soak() {
  local name=$1 status=0 started=$SECONDS
  shift
  cp --sparse=always "$build/rootfs/soak.img" "$out/disk.img"
  "$build/bin/cmma" boot --timeout 3600 --disk "$out/disk.img" --overlay "$build/programs/guest.cpio.gz" \
    --json "$out/$name.json" "$@" >"$out/$name.log" 2>"$out/$name.messages" </dev/null || status=$?
  if [ $status -eq 0 ] && [ "$(counter "$name" stray_errors)" = 0 ] &&
    ! grep -Eq 'BUG:|WARNING:|Oops|Unable to handle| [1-9][0-9]* wrong' "$out/$name.log"; then
    passed=$((passed + 1))
    printf 'PASS %-24s %5s s  page-outs %s, page-ins %s, drops %s, strays %s\n' "$name" $((SECONDS - started)) \
      "$(counter "$name" page_outs)" "$(counter "$name" page_ins)" "$(counter "$name" drops_unused)" \
      "$(counter "$name" stray_resolved)"
  else
    failed=$((failed + 1))
    printf 'FAIL %-24s status %s; see %s\n' "$name" $status "$out/$name.log"
  fi
}

run_stress() {
  local policy
  for policy in clock state-first random storm none; do
    soak "stress-$policy" --memory 512M --frames 160M --cpus 2 --policy $policy --seed 11 --run "
      guest stress-ng --vm 2 --vm-bytes 60M --vm-method all --verify --shm 1 --shm-bytes 16M --fork 2 \
        --hdd 1 --hdd-bytes 64M --temp-path /root --mmap 1 --mmap-bytes 32M --timeout ${seconds}s --metrics-brief"
  done
}

run_memory() {
  local cpus
  for cpus in 1 2; do
    soak "memory-4x-$cpus" --memory 1G --frames 256M --cpus $cpus --run "memcheck 900 4 $cpus"
  done
}

# by_script NAME COMMAND...: a script that ends with `N passed, N failed` itself.
by_script() {
  local name=$1 more less
  shift
  if "$@" | tee "$out/$name.log"; then :; else say "some of it failed: see $out/$name"; fi
  if read -r more _ less _ < <(tail -n 1 "$out/$name.log") && [ "${less:-}" -ge 0 ] 2>/dev/null; then
    passed=$((passed + more))
    failed=$((failed + less))
  else
    failed=$((failed + 1))
  fi
}

run_storm() {
  "$root/scripts/build-kernel.sh" debug
  by_script storm "$root/scripts/storm.sh" --kernel "$build/kernel-debug/bzImage" --seeds "$(seq -s ' ' "$seeds")" --jobs "$jobs" --go-on \
    --out "$out/storm"
}

run_kexec() { by_script kexec "$root/scripts/kexec.sh" "$out/kexec"; }

run_unseed() { by_script unseed "$root/scripts/check-unseed.sh"; }

run_races() { by_script races "$root/scripts/race-catalogue.sh" --results "$out/races/results.jsonl"; }

for part in stress memory storm kexec unseed races; do
  if is_wanted $part; then run_$part; fi
done
rm -f "$out/disk.img"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
