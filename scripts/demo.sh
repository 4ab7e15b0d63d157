#!/bin/bash
# The demo: a Linux of 512 MB on a host with 128 MB of frames fills its memory, frees it, fills its page cache
# from a disk with a real file tree, and reads it all back through mappings. The same work runs five times: without
# hints (cmma=off), with unused pages told to the host, with clean page cache volatile as well (page_states=on), with
# as many frames as the guest has memory, and on Debian's own kernel package as it is.
# Ends with the comparison and the verdict; status 1 if a checksum was wrong or a run failed.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

"$root/scripts/build-programs.sh" tree
out=$build/demo
mkdir -p "$out"

# In the guest. 300 MB of anonymous memory, more than twice the frames; a scratch file that is written and
# deleted, as every build does; then the page cache.
work='
set -e
mark "after boot"
memcheck 300 2 1 "memory filled"
mark "memory freed"
dd if=/dev/zero of=/tmp/scratch bs=1M count=200 2>/dev/null
rm /tmp/scratch
mark "scratch file deleted"
cp /mnt/MANIFEST /tmp/MANIFEST
treecheck check /mnt/tree </tmp/MANIFEST
mark "page cache filled"
treecheck map /mnt/tree </tmp/MANIFEST
mark "read back"
grep pgpgin /proc/vmstat'

reports=()
failed=0
# run NAME TITLE ARGUMENT...
run() {
  local name=$1 title=$2 status=0 started=$SECONDS
  shift 2
  # Each run starts with the same disk.
  cp --sparse=always "$build/programs/tree.img" "$out/tree.img"
  say "$title ..."
  "$build/bin/cmma" boot --memory 512M --timeout 900 --disk "$out/tree.img" \
    --overlay "$build/programs/guest.cpio.gz" --json "$out/$name.json" --run "$work" "$@" \
    > >(tee "$out/$name.log" | sed -u -nE 's/^(memcheck|treecheck|cmma: mark)/    guest: \1/p') 2>"$out/$name.messages" || status=$?
  if [ $status -ne 0 ]; then
    failed=1
    say "$title FAILED with status $status; the guest's console is in $out/$name.log"
    tail -n 20 "$out/$name.messages" >&2
    return
  fi
  say "$title: done in $((SECONDS - started)) s"
  reports+=("$name=$out/$name.json")
}

run no-hints "no hints (cmma=off)" --frames 128M --append cmma=off
run unused "unused pages told to the host" --frames 128M
run volatile "and clean page cache volatile" --frames 128M --append page_states=on
run enough "enough frames" --frames 512M
run debian "Debian's own s390x kernel, as it is" --frames 128M --kernel "$build/debian-kernel/vmlinuz" \
  --overlay "$build/debian-kernel/modules.cpio.gz"
rm -f "$out/tree.img"

[ ${#reports[@]} -eq 0 ] || "$build/bin/cmma" compare --stages "${reports[@]}"
echo
if [ $failed -ne 0 ]; then
  echo "verdict: FAILED"
  exit 1
fi
# The last one in the file is of the last mark; the first one is of the end of the run.
counter() { sed -nE "s/^ *\"$2\": ([0-9]+),?$/\1/p" "$out/$1.json" | head -n 1; }
read_by_guest() { sed -nE 's/^pgpgin ([0-9]+).*/\1/p' "$out/$1.log"; }
printf '%-34s %12s %12s %16s\n' "" "page writes" "page reads" "guest's reads"
stray=0
for run in no-hints unused volatile enough debian; do
  printf '%-34s %12s %12s %13s MB\n' "$run" "$(counter $run page_outs)" "$(counter $run page_ins)" "$(($(read_by_guest $run) / 1024))"
  stray=$((stray + $(counter $run stray_errors)))
done
echo "volatile blocks among the resident: $(volatile_share "$out/volatile.json" "after boot") after boot, $(volatile_share "$out/volatile.json" "page cache filled") after reading"
echo "discarded without writing: $(counter volatile discards_volatile) blocks; discard faults: $(counter volatile discard_faults)"
echo "accesses that no hook announced to a discarded or unused block: $stray"
[ "$stray" -eq 0 ] || { echo "verdict: FAILED"; exit 1; }
echo "verdict: every page and every file was right; nothing was lost"
