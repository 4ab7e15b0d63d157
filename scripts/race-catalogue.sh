#!/bin/bash
# Runs the catalogue of races, scenarios/R*.toml, with many seeds (docs/catalogue.md):
#
#   race-catalogue.sh [--directed N] [--random N] [--guarded N] [--frames SIZE] [--jobs N] [--results FILE] [SCENARIO...]
#
# For each scenario (all of the catalogue by default): N seeds with its guard off and its triggers; N with the guard off and
# without triggers, in so many frames (default 12M) that the host takes blocks at random; N with the triggers and all guards on.
# Without numbers 100, 200 and 500. The results go to build/race/results.jsonl, a line a run; what is there already is
# not run again, so it can be stopped and goes on. `cmma race table FILE` makes the table of them.
# Exit status 1 if a run could not be made.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2034  # used by their names in wanted
directed=100 random=200 guarded=500 frames=12M results=$build/race/results.jsonl
while [[ ${1-} == --* ]]; do
  case $1 in
    --directed | --random | --guarded | --jobs)
      [[ ${2-} =~ ^[0-9]+$ ]] || refuse "$1 needs a number"
      printf -v "${1#--}" '%s' "$2"
      ;;
    --frames) frames=${2:?} ;;
    --results) results=$(realpath "${2:?}") ;;
    *) refuse "race-catalogue.sh: $1 is not an option" ;;
  esac
  shift 2
done
if [ $# -eq 0 ]; then
  for file in "$root"/scenarios/R*.toml; do set -- "$@" "$(basename "$file" .toml)"; done
fi

"$root/scripts/build-kernel.sh" race
"$root/scripts/build-programs.sh" race
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p "$(dirname "$results")"
touch "$results"

# A line for each run that is to be made: scenario, mode, seed.
wanted() {
  local name mode seed
  for name; do
    for mode in directed guarded random; do
      for ((seed = 1; seed <= ${!mode}; seed++)); do echo "$name $mode $seed"; done
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
  case $mode in
    guarded) how=(--guarded) ;;
    random) how=(--random "$frames") ;;
  esac
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
export out build root results frames
wanted "$@" | missing >"$out/wanted"
say "$(wc -l <"$out/wanted") runs, $jobs at a time"
# shellcheck disable=SC2016  # for the shell inside
xargs --no-run-if-empty --max-procs "$jobs" --max-lines=1 bash -c 'one "$@"' one <"$out/wanted" || exit 1
"$build/bin/cmma" race table "$results"
