#!/bin/bash
# Which test notices that a guard against a race of docs/races.md is gone? Boots the kernel variant `break` with one guard
# after the other switched off (cmma_break=R13), and runs tests that must fail then:
#   kunit      the KUnit tests of page states, host policy storm
#   storm      the kernel's selftest page_states, host policy storm
#   pressure   the same, on a host with few frames that takes volatile blocks first (policy state-first)
#   WORKLOAD   a workload of storm.sh, host policy random and 2 CPUs
# Noticed is what makes a test fail, and what the kernel (a warning, a panic) or the host (strays, a discard of a page that the
# kernel wants to keep) says meanwhile. First of all `none` runs, with all guards: nothing may be noticed there.
#
#   check-guards.sh [OPTION...] [GUARD...]     all guards of include/linux/page-states-break.h, if none is named
#   --workloads 'A B'   fsexer swap; '' for none
#   --seed N            1
#   --all               all tests for each guard; else those after the first that notices are left out (`.`)
#   --out FOLDER        build/guards: consoles and reports, and the table
#
# Status 0 if nothing was noticed with all guards; a guard that nothing notices is a line of the table, no error.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

workloads='fsexer swap'
seed=1
all=
out=$build/guards
guards=()
while [ $# -gt 0 ]; do
  case $1 in
    --workloads) workloads=$2; shift ;;
    --seed) seed=$2; shift ;;
    --all) all=1 ;;
    --out) out=$2; shift ;;
    -*) refuse "check-guards.sh: there is no option $1" ;;
    *) guards+=("$1") ;;
  esac
  shift
done

"$root/scripts/build-kernel.sh" break
"$root/scripts/build-programs.sh"
"$root/scripts/build-selftests.sh"
kernel=$build/kernel-break/bzImage
[ ${#guards[@]} -gt 0 ] || mapfile -t guards < <(sed -nE 's/^[[:space:]]*GUARD\((R[0-9]+),.*/\1/p' "$build/linux-source/include/linux/page-states-break.h")
[ ${#guards[@]} -gt 0 ] || die "the kernel's source has no table of guards"
mkdir -p "$out"
out=$(cd "$out" && pwd)
PATH=$PATH:/sbin:/usr/sbin

# One program of them: to unpack all takes the guest longer than the test.
(cd "$build/selftests" && echo page_states | cpio --quiet -o -H newc) | gzip >"$out/selftest.cpio.gz"

# What a guard needs to be of any use.
declare -A needs=([R32]='init_on_free=1')

counter() { sed -nE "s/^ *\"$2\": ([0-9]+),?$/\1/p" "$1" 2>/dev/null | head -n 1; }

# selftest ID CPUS APPEND OPTION...: the page_states selftest on an ext4 disk; says what was noticed, nothing if all is well.
selftest() {
  local id=$1 cpus=$2 append=$3 status=0
  local files=$out/$id
  shift 3
  truncate --size 64M "$files.img"
  mke2fs -q -F -t ext4 -b 4096 "$files.img"
  "$build/bin/cmma" boot --kernel "$kernel" --memory 384M --cpus "$cpus" --seed "$seed" --timeout 200 --disk "$files.img" "$@" \
    --overlay "$build/programs/guest.cpio.gz" --overlay "$out/selftest.cpio.gz" --json "$files.json" \
    --append "page_states=on oops=panic kunit.enable=1 $append" --run 'discardaudit && cd /mnt && /page_states' \
    >"$files.console" 2>"$files.messages" </dev/null || status=$?
  rm -f "$files.img"
  # The first message is why there are others.
  if grep -qE '^(not ok|Bail out)' "$files.console"; then
    grep -m 1 -E '^(not ok|Bail out)' "$files.console"
  elif grep -qE "$bad_lines" "$files.console"; then
    grep -m 1 -oE "($bad_lines).*" "$files.console"
  elif [ "$(counter "$files.json" audit_violations)" != 0 ]; then
    echo "audit: $(grep -m 1 -o 'audit: block.*' "$files.messages")"
  elif [ "$(counter "$files.json" stray_errors)" != 0 ]; then
    echo "strays"
  elif [ $status -ne 0 ]; then
    echo "status $status"
  fi
}
bad_lines='BUG:|WARNING:|Oops|Kernel panic|INFO: (task|rcu)|Unable to handle|bad page'

# kunit ID: the same of the KUnit tests in that run's console.
kunit() {
  local failed
  failed=$(grep -oE '    not ok [0-9]+ [a-z_]+' "$out/$1.console" | sed 's/.* //' | sort -u | paste -sd,)
  if [ -n "$failed" ]; then echo "$failed"; elif ! grep -q 'ok 1 page_states' "$out/$1.console"; then echo "no end"; fi
}

# workload NAME GUARD APPEND
workload() {
  local id=$2.$1
  "$root/scripts/storm.sh" --kernel "$kernel" --append "$3" --seeds "$seed" --only random:2 --timeout 600 --out "$out/$id" "$1" >"$out/$id.log" 2>&1 && return 0
  sed -nE 's/^FAIL .* strays [0-9]+ *(.*)/\1/p' "$out/$id.log" | head -n 1 | grep . || echo "no run"
}

test_of() {
  local test=$1 guard=$2 append=$3
  case $test in
    # Both look at one run.
    kunit) selftest "$guard.storm" 1 "$append" --policy storm --frames 128M >"$out/$guard.storm.noticed"; kunit "$guard.storm" ;;
    storm) cat "$out/$guard.storm.noticed" ;;
    pressure) selftest "$guard.pressure" 2 "$append" --policy state-first --frames 48M ;;
    *) workload "$test" "$guard" "$append" ;;
  esac
}

row() { printf '%-6s' "$1"; shift; printf ' | %s' "$@"; echo; }
# shellcheck disable=SC2206  # a word each
tests=(kunit storm pressure $workloads)
row guard "${tests[@]}" | tee "$out/table"
bad=0
for guard in none "${guards[@]}"; do
  append=${needs[$guard]-}
  [ "$guard" = none ] || append="cmma_break=$guard $append"
  cells=()
  noticed=
  for test in "${tests[@]}"; do
    if [ -n "$noticed" ] && [ -z "$all" ] && [ "$test" != storm ]; then cells+=("."); continue; fi
    what=$(test_of "$test" "$guard" "$append" | cut -c 1-70)
    cells+=("${what:--}")
    [ -z "$what" ] || noticed=1
  done
  row "$guard" "${cells[@]}" | tee -a "$out/table"
  [ "$guard" != none ] || [ -z "$noticed" ] || bad=1
done
exit $bad
