# Shared by the system tests; sourced, never run. A test is a list of `boots` and `check` lines; the first one
# that does not hold ends it with status 1. $work is a folder of the test's own.
# shellcheck shell=bash
set -euo pipefail

BUILD=${BUILD:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}
cmma=$BUILD/bin/cmma
stock_hercules=$BUILD/hercules-stock/bin/hercules
debian_kernel=$BUILD/debian-kernel
work=$(mktemp -d)
# The machine keeps its files there too, so that a test can tell its own from others.
export TMPDIR=$work
trap 'rm -rf "$work"' EXIT
# A command that fails where nobody looks ends the test, too, and it must be known which.
trap 'echo "FAIL: $0, line $LINENO: status $? of: $BASH_COMMAND" >&2' ERR
export BUILD cmma stock_hercules debian_kernel work

failed() {
  echo "FAIL: $*"
  for file in out err; do
    if [ -s "$work/$file" ]; then
      echo "--- $file"
      tail -n 60 "$work/$file"
    fi
  done
  exit 1
}

# boots STATUS ARGUMENT...: `cmma boot` with these arguments ends with this status. What it wrote is in
# $work/out (the guest) and $work/err (the host), the seconds it took in $seconds. A test whose guest needs long on a
# slow computer sets boot_timeout.
boots() {
  local expected=$1 status=0 started=$EPOCHREALTIME
  shift
  "$cmma" boot --timeout "${boot_timeout:-240}" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  seconds=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  export seconds
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma boot $*"
}

# The guest or the host printed a line with this (an extended regular expression).
check_out() { grep -Eq -- "$1" "$work/out" || failed "the guest's console has no \"$1\""; }
check_err() { grep -Eq -- "$1" "$work/err" || failed "the host's messages have no \"$1\""; }
check_no_out() { ! grep -Eq -- "$1" "$work/out" || failed "the guest's console has \"$1\""; }

# check_report COUNTER TEST...: a counter of $work/report.json at the end of the run, as in `[ COUNTER TEST... ]`.
check_report() {
  local value
  value=$(sed -nE "s/^ *\"$1\": ([0-9]+),?\$/\\1/p" "$work/report.json" | head -n 1)
  [ -n "$value" ] || failed "the report has no $1"
  shift
  test "$value" "$@" || failed "a counter of the report is $value, not $*"
}

# The unseed of the last run, if it was a deterministic one; of each, if it was several.
unseed() { sed -nE 's/.*unseed ([0-9a-f]{16}) .*/\1/p' "$work/err"; }

# check TEXT COMMAND...: this command succeeds.
check() {
  local text=$1
  shift
  "$@" || failed "$text"
}
