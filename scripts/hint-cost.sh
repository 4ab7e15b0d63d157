#!/bin/bash
# What hints cost a guest that has all the memory it wants: the same work, with all frames there, in guest instructions
#   plain      a kernel without CONFIG_PAGE_STATES
#   off        one with it, booted as it comes
#   on         one with it, booted with page_states=on
# for each stage of the work, and ESSA instructions for each minor fault of the stage that maps what is in the cache.
#
#   hint-cost.sh [NAME=KERNEL...]    also other kernels, with page_states=on
#
# Each is one deterministic run (docs/determinism.md): the figures are exact, and the same whenever and wherever they are
# taken with the same kernels, programs and disk. No read writes the time of an access (noatime): whether it would depends on
# when the disk was made. The kernels are built if need be (a second one takes as long as the first).
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

"$root/scripts/build-kernel.sh"
"$root/scripts/build-kernel.sh" plain
"$root/scripts/build-programs.sh" tree
out=$build/hint-cost
mkdir -p "$out"

work='
set -e
mount -o remount,noatime /mnt
cp /mnt/MANIFEST /tmp/MANIFEST
faults() { sed -n "s/^pgfault /faults $1 /p; s/^pgmajfault /major $1 /p" /proc/vmstat; }
mark "start"
treecheck check /mnt/tree </tmp/MANIFEST
mark "read from disk"
treecheck check /mnt/tree </tmp/MANIFEST
mark "read from cache"
faults before
mark "mapping"
treecheck map /mnt/tree </tmp/MANIFEST
mark "mapped"
faults after
memcheck 100 2 1
cp -r /mnt/tree/mm /tmp/mm
mark "end"'

kernels=("plain=$build/kernel-plain/bzImage" "off=$build/kernel/bzImage" "on=$build/kernel/bzImage" "$@")
for kernel in "${kernels[@]}"; do
  name=${kernel%%=*}
  append=page_states=on
  [ "$name" != off ] || append=page_states=off
  say "$name ..."
  "$build/bin/cmma" boot --deterministic --kernel "${kernel#*=}" --memory 768M --timeout 900 --disk "$build/programs/tree.img" --policy none \
    --overlay "$build/programs/guest.cpio.gz" --append "$append" --json "$out/$name.json" --run "$work" \
    >"$out/$name.log" 2>"$out/$name.messages" || die "the run failed: see $out/$name.log"
done
python3 "$root/scripts/hint-cost.py" "$out" "${kernels[@]%%=*}"
