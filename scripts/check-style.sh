#!/bin/bash
# Is the C++ code as .clang-format and .clang-tidy want it, and the shell's as shellcheck does? check-style.sh [FILE...]
#
# Without a FILE all C++ of cmma/ and tests/, the C of the Linux guests' programs (tests/system/guest), and all scripts. Every
# file of C and C++ is looked at by clang-format, every .cpp by clang-tidy too, with the headers that it includes; every script
# by shellcheck (warnings and errors). It says what they find, and its exit status is 1 if they find something; nothing is
# changed. A .cpp that was found clean is not looked at again until it, a header or a .clang-tidy changes.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

for tool in clang-format-19 clang-tidy-19 shellcheck; do
  have $tool || refuse "$tool is missing: apt-get install $tool"
done
cd "$root"
files=()
scripts=()
is_script() { head -n 1 "$1" | grep -qE '^#!/bin/(bash|sh)|^#!/bin/busybox sh' || [[ $1 == *.sh ]]; }
for file; do
  [ -r "$file" ] || refuse "check-style.sh: there is no file $file to read"
  if [[ $file == *.[ch]pp || $file == *.[ch] ]]; then
    files+=("$(realpath --relative-to="$root" "$file")")
  elif is_script "$file"; then
    scripts+=("$file")
  else
    refuse "check-style.sh: $file is neither C, nor C++, nor a shell script"
  fi
done
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard 'cmma/**.[ch]pp' 'tests/**.[ch]pp' 'tests/system/guest/*.[ch]')
  while read -r file; do
    if is_script "$file"; then scripts+=("$file"); fi
  done < <(git ls-files --cached --others --exclude-standard)
fi

badly_written=0
for file in "${scripts[@]}"; do
  shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR "$file" || badly_written=$((badly_written + 1))
done
badly_formatted=0
if [ ${#files[@]} -gt 0 ]; then clang-format-19 --dry-run --Werror "${files[@]}" || badly_formatted=1; fi

# What Clang is told to compile.
step cmake-clang "cmake --preset clang" cmake --preset clang
step cmake-fuzz "cmake --preset fuzz" cmake --preset fuzz
mapfile -t headers < <(git ls-files --cached --others --exclude-standard 'cmma/**.hpp' 'cmma/**.h' 'cmma/**.inc' 'tests/**.hpp')
rules=$(hash_files .clang-tidy tests/.clang-tidy "${headers[@]}")
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT

# one FILE: a file in $found if there is something to say.
one() {
  local stamp_file=$build/tidy/$1 said=$found/$BASHPID tree=cmake-clang hash
  if [[ $1 == tests/fuzz/* ]]; then tree=cmake-fuzz; fi
  hash=$({ echo "$rules"; hash_files "$root/$1"; } | hash_of)
  if is_stamped "$stamp_file" "$hash"; then return 0; fi
  if clang-tidy-19 --quiet --warnings-as-errors='*' -p "$build/$tree" "$1" >"$said" 2>/dev/null; then
    rm "$said"
    stamp "$stamp_file" "$hash"
  else
    cat "$said"
  fi
}
export -f one hash_of hash_files is_stamped stamp
export rules found
# shellcheck disable=SC2016  # for the shell inside
printf '%s\n' "${files[@]}" | { grep '\.cpp$' || true; } |
  xargs --no-run-if-empty --max-procs "$jobs" --max-args=1 bash -c 'one "$1"' one
badly=$(find "$found" -type f | wc -l)

if [ $badly_formatted -ne 0 ] || [ "$badly" -ne 0 ] || [ $badly_written -ne 0 ]; then
  say "$badly files that clang-tidy has something to say about, $badly_written scripts shellcheck;" \
    "clang-format: $([ $badly_formatted -eq 0 ] && echo nothing || echo 'see above')"
  exit 1
fi
echo "${#files[@]} files and ${#scripts[@]} scripts, nothing found"
