#!/bin/bash
# Builds our own guest programs (tests/system/guest/) and what they work on:
#
#   build-programs.sh            build/programs/guest.cpio.gz, an overlay for `cmma boot --overlay` with /bin/NAME
#                                for each program and /workloads, and build/programs/treecheck for this machine
#   build-programs.sh tree       also build/programs/tree.img, a disk with a real file tree (a part of the
#                                kernel's source, over 200 MB) and the manifest of its checksums
#   build-programs.sh race       also what the scenarios of the catalogue boot with: build/programs/race.cpio, the default
#                                root and the program `races`, not compressed; race.img, a small disk with files; and
#                                race-swap.img, an empty disk for swapping
#
# Each does nothing if it is up to date.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

out=$build/programs
# A program is one file, or a folder with a main.c.
sources=("$root"/tests/system/guest/*.c)
folders=("$root"/tests/system/guest/*/main.c)
scripts=("$root"/tests/system/guest/{mark,workload})
workloads=("$root"/tests/system/guest/workloads/*)
inputs=("$root"/tests/system/guest/*.[ch] "$root"/tests/system/guest/*/*.[ch])
tree_parts=(Documentation fs include kernel lib mm net sound)
race_id=00000000-0000-4000-8000-000000000001
mkdir -p "$out"

build_programs() {
  local source folder work=$out/work
  local compile=(clang-19 --target=s390x-linux-gnu -march=z10 -O2 -Wall -Wextra -Werror -static -pthread -fuse-ld=lld)
  rm -rf "$work"
  mkdir -p "$work/bin"
  for source in "${sources[@]}"; do "${compile[@]}" "$source" -o "$work/bin/$(basename "$source" .c)"; done
  for folder in "${folders[@]%/main.c}"; do "${compile[@]}" "$folder"/*.c -o "$work/bin/$(basename "$folder")"; done
  install -m 755 "${scripts[@]}" "$work/bin"
  mkdir "$work/workloads"
  install -m 755 "${workloads[@]}" "$work/workloads"
  (cd "$work" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) | gzip -9n >"$out/guest.cpio.gz"
  rm -rf "$work"
  gcc-12 -O2 -Wall -Wextra "$root/tests/system/guest/treecheck.c" -o "$out/treecheck"
}

build_tree() {
  local work=$out/tree part
  rm -rf "$work"
  mkdir -p "$work/tree"
  for part in "${tree_parts[@]}"; do cp -a "$build/linux-source/$part" "$work/tree/"; done
  "$out/treecheck" make "$work/tree" >"$work/MANIFEST"
  truncate --size 512M "$out/tree.img.new"
  PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -b 4096 -E root_owner=0:0 -O ^has_journal -d "$work" "$out/tree.img.new"
  mv "$out/tree.img.new" "$out/tree.img"
  awk '{ files++; bytes += $2 } END { print files " files, " int(bytes / 1048576) " MB" }' "$work/MANIFEST"
  rm -rf "$work"
}

# No time, no identity that is drawn: the same disk wherever it is built, so that a run can be repeated elsewhere.
build_race() {
  local work=$out/race-work
  rm -rf "$work"
  mkdir -p "$work"/{root/bin,disk}
  clang-19 --target=s390x-linux-gnu -march=z10 -O2 -Wall -Wextra -Werror -static -pthread -fuse-ld=lld \
    "$root"/tests/system/guest/races/*.c -o "$work/root/bin/races"
  gcc-12 -O2 -Wall -Wextra -pthread "$root"/tests/system/guest/races/*.c -o "$work/races"
  {
    gzip -dc "$build/rootfs/initrd.cpio.gz"
    cd "$work/root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
      cpio --null --create --format=newc --owner=0:0 --reproducible --quiet
  } >"$out/race.cpio.new"
  "$work/races" make "$work/disk"
  truncate --size 4M "$out/race.img.new"
  find "$work/disk" -exec touch --date @0 {} +
  E2FSPROGS_FAKE_TIME=1767225600 PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -b 4096 -E root_owner=0:0,hash_seed=$race_id \
    -U $race_id -O ^has_journal,^metadata_csum_seed -d "$work/disk" "$out/race.img.new"
  truncate --size 16M "$out/race-swap.img"
  mv "$out/race.img.new" "$out/race.img"
  mv "$out/race.cpio.new" "$out/race.cpio"
  rm -rf "$work"
}

now=$(hash_files "$0" "${inputs[@]}" "${scripts[@]}" "${workloads[@]}")
if ! is_stamped "$out/stamp" "$now" || [ ! -s "$out/guest.cpio.gz" ]; then
  step programs "building the guest's test programs" build_programs
  stamp "$out/stamp" "$now"
fi
case ${1-} in
  '') ;;
  tree)
    [ -d "$build/linux-source" ] || die "the kernel's source is not there: ./testbed build kernel"
    now=$({ echo "${tree_parts[@]}"; hash_files "$0" "$root/tests/system/guest/treecheck.c"; cat "$build/linux-source.stamp"; } | hash_of)
    if ! is_stamped "$out/tree.stamp" "$now" || [ ! -s "$out/tree.img" ]; then
      step tree "making a disk image of a real file tree" build_tree
      stamp "$out/tree.stamp" "$now"
    fi
    ;;
  race)
    [ -s "$build/rootfs/initrd.cpio.gz" ] || die "the guest's default root is not there: ./testbed build rootfs"
    now=$(hash_files "$0" "$build/rootfs/initrd.cpio.gz" "$root"/tests/system/guest/races/*.[ch])
    if ! is_stamped "$out/race.stamp" "$now" || [ ! -s "$out/race.cpio" ]; then
      step race "building what the catalogue of races boots with" build_race
      stamp "$out/race.stamp" "$now"
    fi
    ;;
  *) refuse "build-programs.sh: nothing, tree, or race" ;;
esac
