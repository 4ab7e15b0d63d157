#!/bin/bash
# Is the C++ code as .clang-format and .clang-tidy want it? check-style.sh [FILE...]
#
# Without a FILE all of cmma/ and tests/. Every file is looked at by clang-format, every .cpp by clang-tidy too, with the
# headers that it includes. It says what they find, and its exit status is 1 if they find something; nothing is
# changed. A .cpp that was found clean is not looked at again until it, a header or a .clang-tidy changes.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

for tool in clang-format-19 clang-tidy-19; do
  have $tool || refuse "$tool is missing: apt-get install $tool"
done
cd "$root"
files=()
for file; do
  [[ $file == *.[ch]pp && -r $file ]] || refuse "check-style.sh: $file is not a file of C++ below $root"
  files+=("$(realpath --relative-to="$root" "$file")")
done
[ $# -gt 0 ] || mapfile -t files < <(git ls-files --cached --others --exclude-standard 'cmma/**.[ch]pp' 'tests/**.[ch]pp')

badly_formatted=0
clang-format-19 --dry-run --Werror "${files[@]}" || badly_formatted=1

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

if [ $badly_formatted -ne 0 ] || [ "$badly" -ne 0 ]; then
  say "$badly files that clang-tidy has something to say about; clang-format: $([ $badly_formatted -eq 0 ] && echo nothing || echo 'see above')"
  exit 1
fi
echo "${#files[@]} files, nothing found"
