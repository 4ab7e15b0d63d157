#!/bin/bash
# Figures side by side, as ratios, measured in one run: bench.sh [--json FILE]
#
#   machine      CPU seconds of the patched machine with a host and no pressure, over those of unpatched
#                Hercules: boot and a CPU-bound program (less is better; 1.02 is the aim)
#   essa         CPU seconds of a guest that allocates and frees a lot with cmma=on, over cmma=off
#   discard      rate of the host's discards over that of bare madvise(MADV_DONTNEED) (0.5 is the aim)
#   page-in      rate of the host's page-ins over that of bare pread and UFFDIO_COPY (0.5 is the aim)
#
# Pairs are run in turn (A B A B ...) and the ratio is that of the medians, so that a machine that gets slower
# meanwhile does not favour one side. Nothing is judged here.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=scripts/measure.sh
. "$(dirname "$0")/measure.sh"

json=
if [ "${1-}" = --json ] && [ $# -eq 2 ]; then json=$2; elif [ $# -ne 0 ]; then refuse "bench.sh [--json FILE]"; fi
rounds=${BENCH_ROUNDS:-5}
"$root/scripts/build-programs.sh"
cmake --preset gcc -S "$root" -DCMMA_BUILD_BENCH=ON >"$logs/bench-configure.log"
step bench-build "building the benchmarks" cmake --build "$build/cmake-gcc" --target host_bench

# pair NAME A B: run the functions A and B in turn and print the ratio of their medians.
declare -A ratio
pair() {
  local name=$1 a=$2 b=$3 i
  : >"$work/a" && : >"$work/b"
  for ((i = 0; i < rounds; i++)); do
    say "$name: pair $((i + 1)) of $rounds"
    cpu_seconds "$a" >>"$work/a"
    cpu_seconds "$b" >>"$work/b"
  done
  local first second
  first=$(median <"$work/a")
  second=$(median <"$work/b")
  ratio[$name]=$(awk -v a="$first" -v b="$second" 'BEGIN { printf "%.3f", a / b }')
  printf '%-10s %s  (CPU seconds, medians of %s: %s and %s)\n' "$name" "${ratio[$name]}" "$rounds" "$first" "$second"
}

patched() { cpu_work; }
stock() { cpu_work --no-cmma --hercules "$build/hercules-stock/bin/hercules"; }
hints() { allocation_work; }
no_hints() { allocation_work --append cmma=off; }
pair machine patched stock
pair essa hints no_hints

"$build/bin/host_bench" --benchmark_repetitions=5 --benchmark_report_aggregates_only=true \
  --benchmark_format=json >"$work/host.json" 2>"$work/err" || die "host_bench failed: $(cat "$work/err")"
rate() { python3 -c '
import json, sys
for b in json.load(open(sys.argv[1]))["benchmarks"]:
    if b["run_name"].split("/manual_time")[0] == sys.argv[2] and b.get("aggregate_name") == "median":
        print(b["items_per_second"])' "$work/host.json" "$1"; }
for name in discard page-in; do
  ratio[$name]=$(awk -v a="$(rate $name/host)" -v b="$(rate $name/bare)" 'BEGIN { printf "%.3f", a / b }')
  printf '%-10s %s  (blocks a second, medians of 5: %.0f and %.0f)\n' $name "${ratio[$name]}" "$(rate $name/host)" "$(rate $name/bare)"
done
printf '%-10s %.0f ns for one call of the host\n' essa-call "$(awk -v r="$(rate essa/host)" 'BEGIN { print 1e9 / r }')"

if [ -n "$json" ]; then
  printf '{"schema": 1, "ratios": {"machine": %s, "essa": %s, "discard": %s, "page-in": %s}}\n' \
    "${ratio[machine]}" "${ratio[essa]}" "${ratio[discard]}" "${ratio[page-in]}" >"$json"
fi
