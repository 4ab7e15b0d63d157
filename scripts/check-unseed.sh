#!/bin/bash
# A deterministic run is the same run every time: check-unseed.sh [RUNS]
#
# Boots Linux with disk work and paging on 1 and on 2 CPUs RUNS times each (100 if not given), and then with machine and host
# (Hercules and libcmma) compiled without optimisation and with the address sanitizer. Every run must print the same unseed as
# the first. The file system is always the same one, so the unseeds of two computers can be compared, too: they are printed.
# Ends with `N passed, N failed`, one for each number of CPUs and machine.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

runs=${1-100}
[[ $runs =~ ^[1-9][0-9]*$ ]] || refuse "check-unseed.sh: how many runs?"
PATH=$PATH:/sbin:/usr/sbin

# library VARIANT OPTION...: libcmma, built with these options of CMake, in build/cmake-gcc-VARIANT/lib.
library() {
  local tree=$build/cmake-gcc-$1
  cd "$root"
  step "libcmma-$1" "configuring libcmma ($1)" cmake --preset gcc -B "$tree" "-DCMMA_OUTPUT_DIR=$tree" -DCMMA_BUILD_TESTS=OFF "${@:2}"
  step "libcmma-$1" "building libcmma ($1)" cmake --build "$tree" --target cmma_shared
}

"$root/scripts/build-kernel.sh"
"$root/scripts/build-rootfs.sh"
HERCULES_FLAGS='-O0 -fno-strict-aliasing -w' "$root/scripts/build-hercules.sh" variant O0
library O0 -DCMAKE_BUILD_TYPE=Debug
# Leaks: Hercules frees nothing when it ends.
HERCULES_FLAGS='-O1 -fsanitize=address -fno-strict-aliasing -w' ASAN_OPTIONS=detect_leaks=0 "$root/scripts/build-hercules.sh" variant asan
library asan -DCMAKE_BUILD_TYPE=Debug -DCMMA_SANITIZE=address

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
seq 500000 >"$work/tree/input"
find "$work/tree" -exec touch --date @0 {} +
truncate --size 16M "$work/disk"
id=00000000-0000-4000-8000-000000000002
E2FSPROGS_FAKE_TIME=1767225600 mke2fs -q -t ext4 -E root_owner=0:0,hash_seed=$id -U $id -O ^metadata_csum_seed -d "$work/tree" "$work/disk"

# unseed MACHINE CPUS: of one run. Hercules looks for libcmma here before it looks where it was linked with it.
unseed() {
  local host=$build/lib
  if [ "$1" != hercules ]; then host=$build/cmake-gcc${1#hercules}/lib; fi
  LD_LIBRARY_PATH=$host ASAN_OPTIONS=detect_leaks=0 \
    "$build/bin/cmma" boot --deterministic --seed 5 --cpus "$2" --memory 128M --frames 32M \
    --disk "$work/disk" --hercules "$build/$1/bin/hercules" --run "$(cat "$root/tests/system/guest/diskwork")" \
    >"$work/out" 2>"$work/err" </dev/null || { tail -n 5 "$work/err" >&2; die "a run failed"; }
  sed -nE 's/.*unseed ([0-9a-f]{16}) .*/\1/p' "$work/err"
}

passed=0 failed=0
for cpus in 1 2; do
  first=$(unseed hercules "$cpus")
  for machine in hercules hercules-O0 hercules-asan; do
    want=$runs
    # The slow ones say nothing new when they are repeated.
    if [ $machine != hercules ]; then want=3; fi
    same=0
    for ((i = 0; i < want; i++)); do
      if [ "$(unseed $machine "$cpus")" = "$first" ]; then same=$((same + 1)); fi
    done
    printf '%-14s %s CPUs  unseed %s: %s of %s\n' $machine "$cpus" "$first" $same "$want"
    if [ $same -eq "$want" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
