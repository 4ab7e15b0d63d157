#!/bin/bash
# Which compiler flags make the machine fast: bench-flags.sh
#
# Builds patched Hercules with each set of flags and runs them in turn (A B C D A B ...), with a host and no pressure: boot and
# a CPU-bound program. Prints CPU seconds and the ratio to the first, the default of build-hercules.sh, by the medians and by
# the lowest. BENCH_ROUNDS is the number of rounds. Nothing is judged here.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=scripts/measure.sh
. "$(dirname "$0")/measure.sh"

rounds=${BENCH_ROUNDS:-5}
common='-fno-strict-aliasing -w'
profile=$build/hercules-counters
"$root/scripts/build-programs.sh"

# variant NAME FLAGS: build/hercules-NAME with these flags.
variant() { HERCULES_FLAGS="$2 $common" "$root/scripts/build-hercules.sh" variant "$1"; }
# run NAME: the work on that machine.
run() { cpu_work --hercules "$build/hercules-$1/bin/hercules"; }

variant O2 -O2
variant O3 -O3
variant lto '-O2 -flto'
rm -rf "$profile"
# The counters are atomic because CPUs and devices are threads.
variant profile "-O2 -fprofile-generate=$profile -fprofile-update=atomic"
say 'profile: boot and a bit of the work'
boot --run 'cpuwork 4; memcheck 20 1' --hercules "$build/hercules-profile/bin/hercules" >"$logs/bench-profile.log" 2>&1
[ -d "$profile" ] || die 'the run for the profile left none'
variant profile "-O2 -fprofile-use=$profile -fprofile-correction"

names=(O2 O3 lto profile)
for ((i = 1; i <= rounds; i++)); do
  say "round $i of $rounds"
  for name in "${names[@]}"; do cpu_seconds run "$name" >>"$work/$name"; done
done
for name in "${names[@]}"; do
  for which in O2 "$name"; do
    median <"$work/$which"
    sort -n "$work/$which" | head -n 1
  done | paste -s | awk -v name="$name" '{ printf "%-8s %6.2f s (%.3f)  lowest %6.2f s (%.3f)\n", name, $3, $3 / $1, $4, $4 / $2 }'
done
