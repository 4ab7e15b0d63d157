#!/bin/bash
# Does every Hercules patch build on its own, with those before it? check-patches.sh [PATCH]
#
# Applies hercules-patches/series patch by patch to one tree and runs make after each, so only what a patch
# touches is compiled again; with a PATCH it stops behind that one. Says at the end which ones do not apply or
# do not build (exit status 1). Nothing is optimised and nothing is run: this is for who reads or bisects the
# series. The tree is build/check-patches; the output of make for a patch that fails is in build/logs.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

last=${1-}
series=$root/hercules-patches/series
mapfile -t patches < <(grep -vE '^[[:space:]]*(#|$)' "$series")
if [ $# -gt 1 ] || { [ -n "$last" ] && ! printf '%s\n' "${patches[@]}" | grep -qxF -- "$last"; }; then
  refuse "check-patches.sh: nothing, or the name of a patch in hercules-patches/series"
fi
[ -e "$build/lib/libcmma.so" ] || refuse "build/lib/libcmma.so is not there: ./testbed build cmma"
"$root/scripts/fetch-debian.sh" hercules

source=$build/check-patches
cc=gcc-12
if have ccache; then cc="ccache $cc"; fi

configure() {
  rm -rf "$source"
  mkdir -p "$source"
  tar -xzf "$downloads/hercules_3.13.orig.tar.gz" -C "$source" --strip-components=1
  # Patches from 0030 on need these beside the sources; before that nothing looks at them.
  cp "$root"/cmma/machine/*.[ch] "$source/"
  cd "$source"
  CC=$cc CPPFLAGS="-I$root/cmma/include" LIBS="-L$build/lib -lcmma -Wl,-rpath,$build/lib" \
    ./configure --prefix="$source/none" "--enable-optimization=-O0 -fno-strict-aliasing -w"
}
step check-patches-configure "configuring Hercules" configure
step check-patches-base "building Hercules as it comes" make -C "$source" -j"$jobs"

failed=()
number=0
for patch in "${patches[@]}"; do
  number=$((number + 1))
  log=$logs/check-patches-${patch%.patch}.log
  say "$number of ${#patches[@]}: $patch"
  if ! patch -d "$source" -p1 --fuzz=0 --forward --no-backup-if-mismatch <"$root/hercules-patches/$patch" >"$log" 2>&1; then
    failed+=("$patch does not apply: $log")
    break
  fi
  if make -C "$source" -j"$jobs" >>"$log" 2>&1; then
    rm -f "$log"
  else
    say "  does not build: $(grep -m1 -E 'error:|undefined reference' "$log" || tail -n1 "$log")"
    failed+=("$patch does not build: $log")
  fi
  [ "$patch" != "$last" ] || break
done

if [ ${#failed[@]} -ne 0 ]; then
  printf '%s\n' "${failed[@]}"
  exit 1
fi
echo "$number patches, each builds on its own"
