#!/bin/bash
# Builds our own guest programs (tests/system/guest/) and what they work on:
#
#   build-programs.sh            build/programs/guest.cpio.gz, an overlay for `cmma boot --overlay` with /bin/NAME
#                                for each program and /workloads, and build/programs/treecheck for this machine
#   build-programs.sh tree       also build/programs/tree.img, a disk with a real file tree (a part of the
#                                kernel's source, over 200 MB) and the manifest of its checksums
#   build-programs.sh race       also what the scenarios of the catalogue boot with: build/programs/race.cpio, the default
#                                root and the program `races`, not compressed; ksmrace.cpio, an overlay with the program
#                                of that name; race.img, a small disk with files; and race-swap.img, an empty one for swapping
#   build-programs.sh kexec      also build/programs/kexec.img, a disk with a kernel that starts another one (the variant
#                                `race kexec`), what that one boots with, and a few files of known content
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
# No identity that is drawn: what a guest does with the disk can be repeated with one that is made anew.
disk_id=00000000-0000-4000-8000-000000000001
disk_options=(-q -t ext4 -b 4096 -E "root_owner=0:0,hash_seed=$disk_id" -U "$disk_id" -O "^has_journal,^metadata_csum_seed")
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
  archive "$work" | gzip -9n >"$out/guest.cpio.gz"
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
  PATH=$PATH:/sbin:/usr/sbin mke2fs "${disk_options[@]}" -d "$work" "$out/tree.img.new"
  mv "$out/tree.img.new" "$out/tree.img"
  awk '{ files++; bytes += $2 } END { print files " files, " int(bytes / 1048576) " MB" }' "$work/MANIFEST"
  rm -rf "$work"
}

# No time either: the same disk, byte for byte, wherever it is built.
build_race() {
  local work=$out/race-work
  rm -rf "$work"
  mkdir -p "$work"/{root/bin,disk}
  clang-19 --target=s390x-linux-gnu -march=z10 -O2 -Wall -Wextra -Werror -static -pthread -fuse-ld=lld \
    "$root"/tests/system/guest/races/*.c -o "$work/root/bin/races"
  mkdir -p "$work/ksm/bin"
  clang-19 --target=s390x-linux-gnu -march=z10 -O2 -Wall -Wextra -Werror -static -fuse-ld=lld \
    "$root"/tests/system/guest/ksmrace.c -o "$work/ksm/bin/ksmrace"
  archive "$work/ksm" >"$out/ksmrace.cpio"
  gcc-12 -O2 -Wall -Wextra -pthread "$root"/tests/system/guest/races/*.c -o "$work/races"
  {
    gzip -dc "$build/rootfs/initrd.cpio.gz"
    archive "$work/root"
  } >"$out/race.cpio.new"
  "$work/races" make "$work/disk"
  truncate --size 4M "$out/race.img.new"
  find "$work/disk" -exec touch --date @0 {} +
  local -x E2FSPROGS_FAKE_TIME=1767225600 PATH=$PATH:/sbin:/usr/sbin
  mke2fs "${disk_options[@]}" -d "$work/disk" "$out/race.img.new"
  # What mke2fs takes from the file and touch cannot set.
  debugfs -w -R 'set_inode_field /data ctime @0' "$out/race.img.new"
  truncate --size 16M "$out/race-swap.img"
  mv "$out/race.img.new" "$out/race.img"
  mv "$out/race.cpio.new" "$out/race.cpio"
  rm -rf "$work"
}

# The kernel that comes next runs the script that the one before has left on the disk.
build_kexec() {
  local work=$out/kexec-work i
  rm -rf "$work"
  mkdir -p "$work"/{disk/data,run/cmma}
  printf '#!/bin/sh\nexec sh /mnt/next\n' >"$work/run/cmma/run"
  chmod 755 "$work/run/cmma/run"
  # Only those that it needs: the guest sums all of this up before it starts the kernel, and unpacks it.
  (cd "$work/run" && gzip -dc "$out/guest.cpio.gz" | cpio --quiet -id bin/{treecheck,memcheck,oldmemory})
  {
    cat "$build/rootfs/initrd.cpio.gz"
    archive "$work/run" | gzip -9n
  } >"$work/disk/next.cpio.gz"
  cp "$build/kernel-race-kexec/bzImage" "$work/disk/"
  for ((i = 1; i <= 40; i++)); do seq $((i * 100000)) $((i * 100000 + 40000)) >"$work/disk/data/$i"; done
  "$out/treecheck" make "$work/disk/data" >"$work/disk/MANIFEST"
  : >"$work/disk/next"
  truncate --size 48M "$out/kexec.img.new"
  find "$work/disk" -exec touch --date @0 {} +
  E2FSPROGS_FAKE_TIME=1767225600 PATH=$PATH:/sbin:/usr/sbin mke2fs "${disk_options[@]}" -d "$work/disk" "$out/kexec.img.new"
  mv "$out/kexec.img.new" "$out/kexec.img"
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
    now=$(hash_files "$0" "$build/rootfs/initrd.cpio.gz" "$root"/tests/system/guest/{ksmrace.c,races/*.[ch]})
    if ! is_stamped "$out/race.stamp" "$now" || [ ! -s "$out/race.cpio" ]; then
      step race "building what the catalogue of races boots with" build_race
      stamp "$out/race.stamp" "$now"
    fi
    ;;
  kexec)
    [ -s "$build/rootfs/initrd.cpio.gz" ] || die "the guest's default root is not there: ./testbed build rootfs"
    [ -s "$build/kernel-race-kexec/bzImage" ] || die "the kernel is not there: scripts/build-kernel.sh race kexec"
    now=$(hash_files "$0" "$build/rootfs/initrd.cpio.gz" "$out/guest.cpio.gz" "$build/kernel-race-kexec/bzImage")
    if ! is_stamped "$out/kexec.stamp" "$now" || [ ! -s "$out/kexec.img" ]; then
      step kexec "making a disk with a kernel to start" build_kexec
      stamp "$out/kexec.stamp" "$now"
    fi
    ;;
  *) refuse "build-programs.sh: nothing, tree, race, or kexec" ;;
esac
