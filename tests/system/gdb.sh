# Shared by the tests that have gdb-multiarch look at the guest; sourced after lib.sh, never run. Without gdb the test is skipped.
# shellcheck shell=bash disable=SC2154  # work, cmma and others are of lib.sh
command -v gdb-multiarch >/dev/null || exit 77

# gdb_boots STATUS ARGUMENT...: as boots, with gdb and the commands of $work/gdb; what it wrote is in $work/seen.
gdb_boots() {
  local expected=$1 status=0 port=
  shift
  : >"$work/err"
  "$cmma" boot --timeout 120 --gdb 0 --gdb-wait "$@" >"$work/out" 2>"$work/err" </dev/null &
  for _ in $(seq 200); do
    port=$(sed -nE 's/.*gdb: target remote :([0-9]+)$/\1/p' "$work/err")
    [ -z "$port" ] || break
    sleep 0.1
  done
  [ -n "$port" ] || failed "no port is named"
  timeout 120 gdb-multiarch -nx -batch -ex 'set pagination off' -ex 'set trust-readonly-sections on' \
    -ex "target remote :$port" -x "$work/gdb" "$BUILD/kernel/vmlinux" </dev/null >"$work/seen" 2>&1 || true
  wait $! || status=$?
  [ "$status" -eq "$expected" ] || { cat "$work/seen"; failed "status $status instead of $expected"; }
}
check_seen() { grep -Eq -- "$1" "$work/seen" || { cat "$work/seen"; failed "gdb has not seen \"$1\""; }; }
