# CPU time of machines, for the scripts that compare some; sourced behind common.sh, never run. Sets `work`, a
# folder that goes away at exit.
# shellcheck shell=bash disable=SC2154

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# cpu_seconds COMMAND...: user and system time of the command and its children. The guest's exit status is
# not ours to judge: on unpatched Hercules the console loses the line that tells it.
cpu_seconds() {
  local TIMEFORMAT='%U %S'
  { time "$@" >"$work/out" 2>"$work/err" </dev/null || true; } 2>&1 | awk '{ print $1 + $2 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

boot() { "$build/bin/cmma" boot --timeout 300 --memory 512M --overlay "$build/programs/guest.cpio.gz" "$@"; }
cpu_work() { boot --run 'cpuwork 40' "$@"; }
# shellcheck disable=SC2016  # the guest's shell expands it
allocation_work() { boot --run 'i=0; while [ $i -lt 40 ]; do memcheck 20 1; i=$((i + 1)); done' "$@"; }
