#!/bin/bash
# A guest kernel under a host that takes away what it may: workloads (tests/system/guest/workloads), each with
# many seeds. The seeds take turns in how they run: 1, 5, 9... storm with 1 CPU, 2... random with 2, 3... storm with 2, 4... random with 1.
# A run passes if
#   - the workload says so, with its own checks and those of tests/system/guest/workload,
#   - the console has no warning of the kernel,
#   - no access that nobody announced met a block without content (strays),
#   - no page was discarded that the kernel wants to keep, by its own record (where it has /proc/kcore),
#   - blocks were discarded, if the kernel has page states, and
#   - the file system on the data disk is in order afterwards.
#
#   storm.sh [OPTION...] [WORKLOAD...]      all workloads that this kernel can run, if none is named
#
#   --kernel FILE        build/kernel/bzImage; its configuration is taken from .config beside it
#   --append STR         added to the guest's command line
#   --seeds 'A B'        1 2 3 4            --scale N          how much is done: 1 takes 20 to 60 seconds
#   --only POLICY:CPUS   all seeds run like this
#   --memory SIZE        512M               --frames SIZE      128M for storm; for random, which needs pressure, 48M, or 80M
#                        (60M for small workloads) if the kernel is one with CONFIG_DEBUG_VM. CONFIG_KASAN: 64M more than
#                        these, and than a workload's own memory
#   --option NAME=VALUE  an option of the host (`cmma boot --cmma-option`), as often as needed
#   --timeout SECONDS    1800 for each run
#   --out FOLDER         build/storm: a line for each run in `results`; console, machine's messages and report of runs that
#                        failed
#   --broken             break something under each workload: a run passes if that is noticed
#   --jobs N             1: so many runs at a time
#   --go-on              leave out what is in OUT/results already
#   --list               say which runs there would be
#
# Ends with a table and `N passed, N failed`; exit status 0 only if none failed.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

kernel=$build/kernel/bzImage
# A warning ends the run, with the trace on the console.
append='page_states=on oops=panic panic_on_warn=1'
turns=(storm:1 random:2 storm:2 random:1)
seeds='1 2 3 4'
scale=1
memory=512M
frames=
host_options=()
timeout=1800
out=$build/storm
broken=
list=
at_a_time=1
go_on=
names=()
while [ $# -gt 0 ]; do
  case $1 in
    --broken) broken=1 ;;
    --list) list=1 ;;
    --go-on) go_on=1 ;;
    --*)
      [ $# -ge 2 ] || refuse "storm.sh: $1 needs a value"
      case $1 in
        --kernel) kernel=$2 ;;
        --append) append+=" $2" ;;
        --seeds)
          [[ $2 =~ ^[0-9]+( +[0-9]+)*$ ]] || refuse "storm.sh: --seeds needs numbers with blanks between them: '1 2 3'"
          seeds=$2
          ;;
        --only)
          [[ $2 =~ ^[a-z-]+:[1-9][0-9]*$ ]] || refuse "storm.sh: --only needs a policy and a number of CPUs: random:2"
          turns=("$2")
          ;;
        --scale) scale=$2 ;;
        --memory) memory=$2 ;;
        --frames) frames=$2 ;;
        --option) host_options+=(--cmma-option "$2") ;;
        --timeout) timeout=$2 ;;
        --out) out=$2 ;;
        --jobs)
          [[ $2 =~ ^[1-9][0-9]*$ ]] || refuse "storm.sh: --jobs needs a number"
          at_a_time=$2
          ;;
        *) refuse "storm.sh: there is no option $1" ;;
      esac
      shift
      ;;
    *) names+=("$1") ;;
  esac
  shift
done

# What the kernel says when something is wrong. Not `corrupt` alone: a program may use the word.
bad_lines='BUG:|WARNING:|Oops|Kernel panic|INFO: (task|rcu)|possible .* detected|KASAN|KFENCE|corrupt|Unable to handle|bad page'

scripts=$root/tests/system/guest/workloads
# property NAME WORD: what the workload's heading says after `WORD:`.
property() { sed -nE "s/^# (.* )?$2: ([^ ]+).*/\2/p" "$scripts/$1" | head -n 1; }
# can_run NAME: does the kernel have what the workload's heading needs (`config: CONFIG_...`)?
can_run() {
  local need config
  need=$(property "$1" config)
  config=$(dirname "$kernel")/.config
  [ -z "$need" ] || [ ! -r "$config" ] || grep -qx "$need=y" "$config"
}
[ -r "$kernel" ] || refuse "there is no kernel $kernel"
if [ ${#names[@]} -eq 0 ]; then
  for file in "$scripts"/*; do
    name=$(basename "$file")
    [ "$name" != lib ] || continue
    if can_run "$name"; then names+=("$name"); else say "left out: $name needs $(property "$name" config)"; fi
  done
fi
for name in "${names[@]}"; do
  if [ ! -x "$scripts/$name" ] || [ "$name" = lib ]; then refuse "storm.sh: there is no workload $name"; fi
done

# wanted: a line for each run.
wanted() {
  local seed policy cpus name least
  for seed in $seeds; do
    IFS=: read -r policy cpus <<<"${turns[(seed - 1) % ${#turns[@]}]}"
    for name in "${names[@]}"; do
      least=$(property "$name" cpus | grep . || echo 1)
      echo "$name $policy $((cpus < least ? least : cpus)) $seed"
    done
  done
}
if [ -n "$list" ]; then
  wanted
  exit 0
fi

PATH=$PATH:/sbin:/usr/sbin
"$root/scripts/build-programs.sh"
# shellcheck disable=SC2046  # one word a package
"$root/scripts/build-rootfs.sh" disk workloads 360 $(downloads_of disk-workloads)
case " ${names[*]} " in *' tree '*) "$root/scripts/build-programs.sh" tree ;; esac
case " ${names[*]} " in *' selftests '*) "$root/scripts/build-selftests.sh" ;; esac
mkdir -p "$out"
out=$(cd "$out" && pwd)
if [ -z "$go_on" ]; then : >"$out/results"; else touch "$out/results"; fi

# frames_for NAME POLICY. Random discards happen only when frames run low. A kernel that checks itself needs more to get
# anywhere, though less with a workload that uses little (`debug-frames: 60M`).
config=$(dirname "$kernel")/.config
frames_for() {
  local own
  own=$(property "$1" frames)
  if [ -n "$own" ]; then
    with_shadow "$own"
  elif [ -n "$frames" ]; then
    echo "$frames"
  elif [ "$2" != random ]; then
    with_shadow 128M
  elif grep -qsx CONFIG_DEBUG_VM=y "$config"; then
    with_shadow "$(property "$1" debug-frames | grep . || echo 80M)"
  else
    with_shadow 48M
  fi
}
memory_for() {
  local own
  own=$(property "$1" memory)
  if [ -n "$own" ]; then with_shadow "$own"; else echo "$memory"; fi
}

# with_shadow SIZE: and what the kernel uses of it if it has a shadow of its memory, as KASAN does: an eighth of 512M.
with_shadow() {
  if grep -qsx CONFIG_KASAN=y "$config"; then echo "$((${1%M} + 64))M"; else echo "$1"; fi
}

# Nothing if there is none: a machine that died has left no report.
counter() { { sed -nE "s/^ *\"$2\": ([0-9]+),?$/\1/p" "$1/report.json" 2>/dev/null || true; } | head -n 1; }

# run NAME POLICY CPUS SEED: one run; a line to the console, one to the file of results.
run() {
  local name=$1 policy=$2 cpus=$3 seed=$4 id=$1-$2-$3-$4${broken:+-broken}
  local work=$out/$id started=$SECONDS status=0 why='' overlay discards options=()
  rm -rf "$work"
  mkdir -p "$work"
  cp --sparse=always "$build/rootfs/workloads.img" "$work/programs.img"
  if [ "$(property "$name" data)" = tree ]; then
    cp --sparse=always "$build/programs/tree.img" "$work/data.img"
  else
    truncate --size 256M "$work/data.img"
    mke2fs -q -t ext4 -b 4096 "$work/data.img"
  fi
  truncate --size 256M "$work/swap.img"
  overlay=$(property "$name" overlay)
  [ -z "$overlay" ] || options+=(--overlay "$build/$overlay.cpio.gz")
  # What a kernel that panics has said need not have come to its console.
  ! grep -qsx CONFIG_VMCORE_INFO=y "$config" || options+=(--kernel-log "$work/kernel-log")
  TMPDIR=$work "$build/bin/cmma" boot --kernel "$kernel" --append "$append" --timeout "$timeout" --cpus "$cpus" --policy "$policy" --seed "$seed" \
    --memory "$(memory_for "$name")" --frames "$(frames_for "$name" "$policy")" \
    --disk "$work/programs.img" --disk "$work/data.img" --disk "$work/swap.img" --overlay "$build/programs/guest.cpio.gz" \
    --json "$work/report.json" --log "$work/machine" "${options[@]}" "${host_options[@]}" \
    --run "WORKLOAD_SCALE=$scale WORKLOAD_SEED=$seed WORKLOAD_BREAK=$broken workload $name" \
    >"$work/console" 2>"$work/messages" </dev/null || status=$?
  if [ -n "$broken" ]; then
    # Noticed by the workload itself, not by a host or a kernel that died.
    [ $status -eq 1 ] || why="status $status"
    grep -qE "^workload $name: FAILED after .* status 1" "$work/console" || why="$why; not noticed"
  else
    [ $status -eq 0 ] || why="status $status: $(tail -n 3 "$work/messages" | tr '\n' ' ')"
    grep -qE '^workloads: 1 passed, 0 failed' "$work/console" || why="$why; $(grep -E "^workload $name: FAILED" "$work/console" || echo 'no verdict')"
  fi
  if grep -qsE "$bad_lines" "$work/console" "$work/kernel-log"; then
    why="$why; $(grep -m 1 -hsE "$bad_lines" "$work/console" "$work/kernel-log" | sed -n 1p | cut -c 1-120)"
  fi
  if grep -q '^vmstat: page_state' "$work/console"; then
    discards=$(counter "$work" discards_volatile)+$(counter "$work" discards_potential)
    [ "$discards" != 0+0 ] || why="$why; no block was discarded"
  fi
  if grep -q '^cmma: audit map' "$work/console"; then
    [ "$(counter "$work" audited)" -gt 0 ] || why="$why; no discard was audited"
  fi
  [ "$(counter "$work" audit_violations)" = 0 ] ||
    why="$why; violations: $(counter "$work" audit_violations) $(grep -m 1 -o 'audit: block.*' "$work/messages" | cut -c 1-120 || true)"
  [ "$(counter "$work" stray_errors)" = 0 ] || why="$why; strays: $(counter "$work" stray_errors)"
  if [ $status -le 1 ] && [ "$(property "$name" data)" != tree ] && ! e2fsck -fn "$work/data.img" >"$work/e2fsck" 2>&1; then
    why="$why; the file system is wrong: see e2fsck"
  fi
  local seconds=$((SECONDS - started)) verdict=PASS figures
  figures="discards $(counter "$work" discards_volatile)+$(counter "$work" discards_potential) faults $(counter "$work" discard_faults)"
  figures="$figures drops $(counter "$work" drops_unused) page-outs $(counter "$work" page_outs) strays $(counter "$work" stray_resolved)"
  [ -z "$why" ] || verdict=FAIL
  printf '%s %-10s %-6s %s CPU%s seed %-3s %5s s  %s%s\n' $verdict "$name" "$policy" "$cpus" "$([ "$cpus" = 1 ] && echo ' ' || echo s)" \
    "$seed" $seconds "$figures" "${why:+  ${why#; }}"
  printf '%s %s %s %s %s %s %s %s %s\n' $verdict "$name" "$policy" "$cpus" "$seed" $seconds "$(counter "$work" discards_volatile)" \
    "$(counter "$work" discards_potential)" "$(counter "$work" discard_faults)" >>"$out/results"
  rm -f "$work"/*.img
  [ $verdict = FAIL ] || rm -rf "$work"
}

missing() { awk 'FILENAME != "-" { done[$2 " " $3 " " $4 " " $5] = 1; next } !($0 in done)' "$out/results" -; }
under_way=0
while read -r -a one; do
  if [ $((under_way++)) -ge "$at_a_time" ]; then wait -n || true; fi
  run "${one[@]}" </dev/null &
done < <(wanted | missing)
wait

# A row for each workload, policy and number of CPUs.
echo
sort -k 2,4 "$out/results" | awk '
  function row() {
    if (key != "") printf "%-10s %-6s %4s %5d %7d %7d %12d %12d %12d\n", w, p, c, n, ok, s / n, v, o, f
    n = ok = s = v = o = f = 0
  }
  BEGIN { printf "%-10s %-6s %4s %5s %7s %7s %12s %12s %12s\n", "workload", "policy", "CPUs", "runs", "passed", "seconds", "discards V", "discards P", "faults" }
  $2 $3 $4 != key { row(); key = $2 $3 $4; w = $2; p = $3; c = $4 }
  { n++; ok += $1 == "PASS"; s += $6; v += $7; o += $8; f += $9 }
  END { row() }'
passed=$(grep -c '^PASS' "$out/results" || true)
failed=$(grep -c '^FAIL' "$out/results" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
