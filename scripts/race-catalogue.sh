#!/bin/bash
# Runs the catalogue of races, scenarios/R*.toml, in many ways (docs/catalogue.md):
#
#   race-catalogue.sh [--directed N] [--random N] [--guarded N] [--jobs N] [--results FILE] [SCENARIO...]
#
# For each scenario (all of the catalogue by default):
#   directed  N boots (100) with its guard off and its triggers, each with another interleaving
#   random    N runs (200) with its guard off and without its triggers: discards at random from its window on; and a sweep: all
#             placements of one discard, or, if that takes more than 2000 runs, so many of them
#   guarded   N runs (500) with all guards on and its triggers (R38: without), and discards at random; the same boots as directed if
#             it has several CPUs (with one CPU they are all the same: one boot); and a sweep, without its triggers: all
#             placements of one discard
# The results go to build/race/results.jsonl, a line a run, and beside it for what begins at a window. What is there already is
# not run again, so it can be stopped and goes on; with another kernel begin with another file.
# `cmma race table FILE` makes the table of them. Ends with `N passed, N failed`, one for each scenario: it passes if it
# has been run, each directed run has hit as expected, and none with the guards on has failed. Exit status 1 if one has not, or a run could not be made.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2034  # used by their names in wanted
directed=100 random=200 guarded=500 results=$build/race/results.jsonl
while [[ ${1-} == --* ]]; do
  case $1 in
    --directed | --random | --guarded | --jobs)
      [[ ${2-} =~ ^[0-9]+$ ]] || refuse "$1 needs a number"
      printf -v "${1#--}" '%s' "$2"
      ;;
    --results) results=$(realpath --canonicalize-missing "${2:?}") ;;
    *) refuse "race-catalogue.sh: $1 is not an option" ;;
  esac
  shift 2
done
if [ $# -eq 0 ]; then
  for file in "$root"/scenarios/R*.toml; do set -- "$@" "$(basename "$file" .toml)"; done
fi

"$root/scripts/build-kernel.sh" race
"$root/scripts/build-programs.sh" race
# One race is between two kernels, one needs BPF.
for name; do
  case $(sed -n 's/^kernel = .*\(kernel-race-[a-z]*\).*/\1/p' "$root/scenarios/$name.toml" 2>/dev/null) in
    kernel-race-kexec)
      "$root/scripts/build-kernel.sh" race kexec
      "$root/scripts/build-programs.sh" kexec
      ;;
    kernel-race-bpf) "$root/scripts/build-kernel.sh" race bpf ;;
  esac
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p "$(dirname "$results")"
touch "$results"

# A line for each boot that is to be made: scenario, mode, seed.
wanted() {
  local name mode seed last
  for name; do
    for mode in directed guarded; do
      last=$directed
      if [ $mode = guarded ] && ! grep -q '^cpus' "$root/scenarios/$name.toml"; then last=1; fi
      if [ $mode = guarded ] && [ "$guarded" -eq 0 ]; then last=0; fi
      for ((seed = 1; seed <= last; seed++)); do echo "$name $mode $seed"; done
    done
  done
}
missing() {
  awk 'FILENAME != "-" { if (match($0, /"scenario":"[^"]*","mode":"[^"]*","seed":[0-9]+/)) {
                     split(substr($0, RSTART, RLENGTH), part, /[":,]+/); done[part[3] " " part[5] " " part[7]] = 1 }
                   next }
       !($0 in done)' "$results" -
}

# Its exit status says whether what was expected has happened, and is no matter here: the line of results has it.
one() {
  local name=$1 mode=$2 seed=$3 how=() folder=$out/$BASHPID status=0
  if [ "$mode" = guarded ]; then how=(--guarded); fi
  mkdir "$folder"
  TMPDIR=$folder "$build/bin/cmma" race run "$name" --scenarios "$root/scenarios" --seed "$seed" --out "$folder" --json "$results" \
    "${how[@]}" >"$folder/out" 2>"$folder/err" </dev/null || status=$?
  if [ $status -gt 1 ]; then
    say "$name, $mode, seed $seed: status $status: $(tail -n 1 "$folder/err")"
    return 1
  fi
  rm -rf "$folder"
}
export -f one say
export out build root results
wanted "$@" | missing >"$out/wanted"
say "$(wc -l <"$out/wanted") boots, $jobs at a time"
# shellcheck disable=SC2016  # for the shell inside
xargs --no-run-if-empty --max-procs "$jobs" --max-lines=1 bash -c 'one "$@"' one <"$out/wanted" || exit 1

# from_window NAME WAY OPTION...: a campaign from the scenario's window on.
from_window() {
  local name=$1 way=$2 found=${results%.jsonl}.$1.$2.jsonl before=0
  shift 2
  [ ! -e "$found" ] || before=$(wc -l <"$found")
  say "$name: $way"
  "$build/bin/cmma" race explore "$root/scenarios/$name.toml" --results "$found" --jobs "$jobs" --ignore-findings "$@" \
    >"$out/said" 2>&1 || { tail -n 5 "$out/said" >&2 && die "$name, $way: could not be run"; }
  say "  $(grep -E '^[0-9]+ plans run' "$out/said"), $((before ? before - 1 : 0)) of them before"
}
for name; do
  any=(--plan random --block 'any volatile') long=() few=16 many=655 triggers=()
  # So many discards for 65536 events.
  case $name in
    # Two kernels in a run, which is long and has many events; the triggers discard everything at once and would leave nothing
    # to chance.
    R38-*) long=(--limit 3000000000) few=1 many=32 triggers=(--alone) ;;
    # So little is volatile there, and for so short a time: nearly every run shall find something to discard.
    R14-* | R28-* | R29-* | R35-*) many=16384 ;;
  esac
  if [ "$random" -gt 0 ]; then
    from_window "$name" random --json "$results" --alone "${long[@]}" "${any[@]}" --rate $few --seeds "$random"
    from_window "$name" uses --json "$results" --alone "${long[@]}" --plan uses --most 2000
  fi
  if [ "$guarded" -gt 0 ]; then
    from_window "$name" guarded --json "$results" --guarded "${triggers[@]}" "${long[@]}" "${any[@]}" --rate $many --seeds "$guarded"
    from_window "$name" guarded-uses --json "$results" --guarded --alone "${long[@]}" --plan uses --most 2000
  fi
done
"$build/bin/cmma" race table "$results"
echo
printf '%s\n' "$@" | awk '
  FILENAME == "-" { wanted[$0] = 1; next }
  match($0, /"scenario":"[^"]*","mode":"[^"]*"/) {
    split(substr($0, RSTART, RLENGTH), part, /[":,]+/)
    if (part[5] !~ /^(directed|guarded)/) next
    run[part[3]] = 1
    if (/"expected":false/) failed[part[3]] = 1
  }
  END {
    for (name in wanted) if (name in failed || !(name in run)) { no++; print "failed or not run: " name } else yes++
    print yes + 0 " passed, " no + 0 " failed"
    exit (no > 0)
  }' - "$results"
