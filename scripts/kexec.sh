#!/bin/bash
# A guest with page states starts another kernel, and one that crashes is dumped: kexec.sh [OUT]
#
# The first kernel reads files on a host that discards what it may at once (storm). `kexec`: the next kernel is copied over
# its memory, and reads the same files. `kdump`: the first one panics with memory full of known pages, and the next one
# reads all of its memory. Each with 1 and 2 CPUs, on a machine whose reset makes all blocks stable, and on one that leaves
# their states (reset-states=off): there the next kernel uses no ESSA (cmma=off), so that it depends on what the first has done.
# Consoles and reports go to OUT (default build/kexec). Ends with `N passed, N failed`.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

out=${1:-$build/kexec}
kernel=$build/kernel-race-kexec/bzImage
pages=24000
"$root/scripts/build-kernel.sh" race kexec
"$root/scripts/build-programs.sh" kexec
mkdir -p "$out"
passed=0
failed=0

# What both kernels do, and what the first one does last. $next is left for the kernel that comes.
read_files='treecheck check /mnt/data </mnt/MANIFEST; treecheck map /mnt/data </mnt/MANIFEST'
first() {
  cat <<EOT
set -e
$read_files
oldmemory fill $pages >/tmp/filled &
until grep -q filled /tmp/filled; do sleep 0.2; done
$read_files
grep -E '^page_state_(volatile|discard|fault) ' /proc/vmstat
cat >/mnt/next <<'EOS'
set -e
$next
echo "next: all is right"
EOS
sync
mount -o remount,ro /mnt
nextkernel $1 /mnt/bzImage /mnt/next.cpio.gz "console=ttyS0 page_states=on $2"
$3
EOT
}

counter() { sed -nE "s/^ *\"$2\": ([0-9]+),?$/\1/p" "$out/$1.json" | head -n 1; }

# boots NAME ARGUMENT...: sets `why` if the run is not what it has to be.
boots() {
  local name=$1 status=0
  shift
  why=
  cp --sparse=always "$build/programs/kexec.img" "$out/disk.img"
  "$build/bin/cmma" boot --timeout 900 --kernel "$kernel" --memory 256M --frames 96M --policy storm --seed 7 \
    --disk "$out/disk.img" --overlay "$build/programs/guest.cpio.gz" --json "$out/$name.json" \
    "$@" >"$out/$name.log" 2>"$out/$name.messages" </dev/null || status=$?
  rm -f "$out/disk.img"
  [ $status -eq 0 ] || why="$why; status $status"
  [ "$(grep -c 'Linux version' "$out/$name.log")" -eq 2 ] || why="$why; there were not two kernels"
  grep -q '^next: all is right' "$out/$name.log" || why="$why; the next kernel found something wrong"
  [ "$(counter "$name" stray_errors)" = 0 ] || why="$why; a lost block was used without a fault"
  [ "$(counter "$name" discards_volatile)" -gt 1000 ] || why="$why; next to nothing was discarded"
}

# The console of a kernel that crashes has all that a crash has; so warnings are looked for where none may be.
verdict() {
  local name=$1 started=$2
  if [ -z "$why" ]; then
    passed=$((passed + 1))
    printf 'PASS %-20s %4s s  discards %s, discard faults %s\n' "$name" $((SECONDS - started)) \
      "$(counter "$name" discards_volatile)" "$(counter "$name" discard_faults)"
  else
    failed=$((failed + 1))
    printf 'FAIL %-20s %s; see %s\n' "$name" "${why#; }" "$out/$name.log"
  fi
}

run_kexec() {
  local name=$1 started=$SECONDS
  next="$read_files; memcheck 64 2 1"
  boots "$name" --cpus "$2" "${@:4}" --append 'page_states=on' --run "$(first load "$3" 'nextkernel go')"
  ! grep -Eq 'BUG|WARNING|Oops|Call Trace' "$out/$name.log" || why="$why; a kernel complained"
  verdict "$name" "$started"
}

run_kdump() {
  local name=$1 started=$SECONDS
  next="oldmemory count /proc/vmcore $pages; $read_files"
  boots "$name" --cpus "$2" "${@:4}" --append 'page_states=on crashkernel=64M' \
    --run "$(first crash "$3" 'echo c >/proc/sysrq-trigger')"
  grep -Eq "^oldmemory: [0-9]+ pages, [0-9]+ zero, $pages filled, " "$out/$name.log" || why="$why; the dump is not right"
  verdict "$name" "$started"
}

for cpus in 1 2; do
  run_kexec "kexec-$cpus" $cpus ''
  run_kdump "kdump-$cpus" $cpus ''
  run_kexec "kexec-$cpus-kept" $cpus cmma=off --cmma-option reset-states=off
  run_kdump "kdump-$cpus-kept" $cpus cmma=off --cmma-option reset-states=off
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
