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
  local name=$1 text=$2 log started ended status pid
  shift 2
  mkdir -p "$logs"
  log=$logs/$name.log
  started=$SECONDS
  say "$text ..."
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # Waits in short naps, so that a quick step ends quickly.
  local next=15
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - started)) -ge $next ]; then
      say "  $text: $((SECONDS - started)) s, $(wc -l <"$log") lines of output"
      next=$((next + 15))
    fi
  done
  status=0
  wait "$pid" || status=$?
  ended=$((SECONDS - started))
  if [ $status -ne 0 ]; then
    tail -n 30 "$log" >&2
    die "$text: failed after $ended s with status $status; all of its output is in $log"
  fi
  [ $ended -lt 2 ] || say "  $text: done in $ended s"
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
