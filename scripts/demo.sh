#!/bin/bash
# The demo: a Linux of 512 MB on a host with 128 MB of frames fills its memory, frees it, fills its page cache
# from a disk with a real file tree, and reads it all back. It runs three times: the kernel built here with
# and without telling the host about unused pages (cmma=on, cmma=off), and Debian's own kernel package as it is.
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
treecheck check /mnt/tree </tmp/MANIFEST
mark "read back"'

reports=()
failed=0
# run NAME TITLE ARGUMENT...
run() {
  local name=$1 title=$2 status=0 started=$SECONDS
  shift 2
  say "$title ..."
  "$build/bin/cmma" boot --memory 512M --frames 128M --timeout 900 --disk "$out/tree.img" \
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

# Each run starts with the same disk.
fresh_disk() { cp --sparse=always "$build/programs/tree.img" "$out/tree.img"; }

fresh_disk
run hints "Linux 6.12, unused pages told to the host"
fresh_disk
run no-hints "the same with cmma=off" --append cmma=off
fresh_disk
run debian "Debian's own s390x kernel, as it is" --kernel "$build/debian-kernel/vmlinuz" \
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
with=$(counter hints page_outs)
without=$(counter no-hints page_outs)
reads_with=$(counter hints page_ins)
reads_without=$(counter no-hints page_ins)
stray=$(($(counter hints stray_errors) + $(counter no-hints stray_errors) + $(counter debian stray_errors)))
echo "paging writes: $with with ESSA, $without without: ESSA saved $((without - with)) of them"
echo "paging reads:  $reads_with with ESSA, $reads_without without: ESSA saved $((reads_without - reads_with)) of them"
echo "accesses that no hook announced to a discarded or unused block: $stray"
[ "$stray" -eq 0 ] || { echo "verdict: FAILED"; exit 1; }
echo "verdict: every page and every file was right; nothing was lost"
