#!/bin/bash
# Builds the machine: Hercules 3.13 from Debian's source tarball with hercules-patches/ and cmma/machine/.
#
#   build-hercules.sh          build/hercules: patched, linked with build/lib/libcmma.so (build that first)
#   build-hercules.sh stock    build/hercules-stock: as it comes, to compare with
#   build-hercules.sh variant NAME
#                              build/hercules-NAME: patched, to compare other HERCULES_FLAGS with
#
# Sources and objects are in build/hercules-src (build/hercules-stock-src). A second run does nothing; after
# a change of a patch only the files that it touches are compiled again.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

kind=${1-patched}
case $kind in
  patched) name=hercules ;;
  stock) name=hercules-stock ;;
  variant) name=hercules-${2:?} ;;
  *) refuse "build-hercules.sh: nothing, stock, or variant NAME" ;;
esac
tarball=$downloads/hercules_3.13.orig.tar.gz
source=$build/$name-src
result=$build/$name
flags=${HERCULES_FLAGS:--O2 -fno-strict-aliasing -w}
cc=gcc-12
if have ccache; then cc="ccache $cc"; fi

"$root/scripts/fetch-debian.sh" hercules

inputs=("$tarball" "$0")
patches=()
if [ "$kind" != stock ]; then
  [ -r "$root/hercules-patches/series" ] || die "hercules-patches/series is not there"
  [ -e "$build/lib/libcmma.so" ] || die "build/lib/libcmma.so is not there: ./testbed build cmma"
  while read -r patch; do patches+=("$root/hercules-patches/$patch"); done \
    < <(grep -vE '^[[:space:]]*(#|$)' "$root/hercules-patches/series")
  inputs+=("$root/hercules-patches/series" "${patches[@]}" "$root"/cmma/machine/*.[ch] "$root"/cmma/include/cmma/*.h)
fi
now=$({ echo "$kind $flags $root"; hash_files "${inputs[@]}"; } | hash_of)
if is_stamped "$result/stamp" "$now" && [ -x "$result/bin/hercules" ]; then exit 0; fi

unpack() {
  rm -rf "$source.new"
  mkdir -p "$source.new"
  tar -xzf "$tarball" -C "$source.new" --strip-components=1
  local patch
  for patch in "${patches[@]}"; do
    echo "applying $patch"
    patch -d "$source.new" -p1 --fuzz=0 --forward --no-backup-if-mismatch <"$patch"
  done
  if [ "$kind" != stock ]; then cp "$root"/cmma/machine/*.[ch] "$source.new/"; fi
  if [ ! -e "$source" ]; then
    mv "$source.new" "$source"
    return
  fi
  # Only what differs gets a new time, or make would compile everything again.
  copy_changed "$source.new" "$source"
  rm -rf "$source.new"
}
step "$name-unpack" "unpacking the Hercules source ($kind)" unpack

configure() {
  local options=(--prefix="$result" "--enable-optimization=$flags")
  cd "$source"
  # make does not know that objects depend on the flags they were compiled with.
  [ ! -e Makefile ] || make clean
  # The archiver of the compiler, which takes objects of link-time optimisation, too.
  export CC=$cc AR=gcc-ar-12 RANLIB=gcc-ranlib-12
  # libtool leaves flags out when it links shared libraries; some are needed there.
  case $flags in *-fprofile-* | *-fsanitize=*) CC="$cc $flags" ;; esac
  if [ "$kind" != stock ]; then
    CPPFLAGS="-I$root/cmma/include" LIBS="-L$build/lib -lcmma -Wl,-rpath,$build/lib" ./configure "${options[@]}"
  else
    ./configure "${options[@]}"
  fi
}
configured=$({ echo "$kind $flags $cc $root"; hash_files "$source/configure" "$source"/Makefile.in; } | hash_of)
if ! is_stamped "$source/configured" "$configured"; then
  step "$name-configure" "configuring Hercules ($kind)" configure
  stamp "$source/configured" "$configured"
fi
make_and_install() {
  make -C "$source" -j"$jobs"
  make -C "$source" install
}
step "$name-build" "building Hercules ($kind; 2 minutes on 2 cores the first time)" make_and_install
[ -x "$result/bin/hercules" ] || die "the build of Hercules left no program"
stamp "$result/stamp" "$now"
