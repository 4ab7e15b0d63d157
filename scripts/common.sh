# Shared by the scripts of this folder; sourced, never run. Sets `root` (the checkout) and `build`.
#
# A step that takes long runs under `step`, which keeps its output in build/logs and says every few
# seconds that it still lives. What is up to date is known by a stamp: a file that holds the hash of
# everything the step was made from.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
downloads=$build/downloads
logs=$build/logs
jobs=$(nproc)
export root build downloads logs jobs

say() { printf 'testbed: %s\n' "$*" >&2; }

# die TEXT: something on this machine failed (3).  refuse TEXT: the caller has to do something first (2).
die() { say "$*"; exit 3; }
refuse() { say "$*"; exit 2; }

have() { command -v "$1" >/dev/null 2>&1; }

# step NAME TEXT COMMAND...: run a long command with its output in build/logs/NAME.log.
step() {
  # Names of its own, because the command may be a function, and a function sees its caller's variables.
  local step_text=$2 step_log=$logs/$1.log step_started=$SECONDS step_next=15 step_pid step_status=0
  shift 2
  mkdir -p "$logs"
  say "$step_text ..."
  "$@" >"$step_log" 2>&1 </dev/null &
  step_pid=$!
  # Waits in short naps, so that a quick step ends quickly.
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - step_started)) -ge $step_next ]; then
      say "  $step_text: $((SECONDS - step_started)) s, $(wc -l <"$step_log") lines of output"
      step_next=$((step_next + 15))
    fi
  done
  wait "$step_pid" || step_status=$?
  if [ $step_status -ne 0 ]; then
    tail -n 30 "$step_log" >&2
    die "$step_text: failed after $((SECONDS - step_started)) s with status $step_status; all of its output is in $step_log"
  fi
  [ $((SECONDS - step_started)) -lt 2 ] || say "  $step_text: done in $((SECONDS - step_started)) s"
}

# hash_of: one hash of standard input.  hash_files FILE...: of names (below the checkout) and contents.
hash_of() { sha256sum | cut -d' ' -f1; }
hash_files() {
  local file
  for file; do
    printf '%s ' "${file#"$root"/}"
    sha256sum <"$file"
  done | hash_of
}

# is_stamped FILE HASH: was this made from the same inputs?
is_stamped() { [ -r "$1" ] && [ "$(cat "$1")" = "$2" ]; }
stamp() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1"
}

# downloads_of NAME: the packages that scripts/downloads.txt has under this name.
downloads_of() { awk -v name="$1" '$2 == name && !/^#/ { $1 = $2 = ""; print }' "$root/scripts/downloads.txt"; }

# archive FOLDER: what is in it as a cpio archive, to standard output: of the same files always the same bytes.
archive() {
  find "$1" -mindepth 1 -exec touch --no-dereference --date @0 {} +
  (cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet)
}

# copy_changed FROM TO: copy files that differ, so that make rebuilds only what it must.
copy_changed() {
  local from=$1 to=$2 file
  (cd "$from" && find . -type f -print0) | while IFS= read -r -d '' file; do
    if ! cmp -s "$from/$file" "$to/$file"; then
      mkdir -p "$to/$(dirname "$file")"
      cp -p "$from/$file" "$to/$file"
      touch "$to/$file"
    fi
  done
}

# volatile_share REPORT STAGE: volatile blocks in percent of all that are resident, at the mark of this name.
volatile_share() {
  awk -v mark="\"label\": \"$2\"" '
    index($0, mark) { here = 1 }
    here && match($0, /"[SUPV]r": [0-9]+/) {
      split(substr($0, RSTART, RLENGTH), field, /[": ]+/)
      resident += field[3]
      if (field[2] == "Vr") { printf "%.0f %%", 100 * field[3] / resident; exit }
    }' "$1"
}
