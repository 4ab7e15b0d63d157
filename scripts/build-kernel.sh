#!/bin/bash
# Builds the guest kernel: Debian's linux-source-6.12, the patches of guest-kernel-patches/series (if there
# are any), and guest/kernel.config, with Clang and LLD. Result: build/kernel/bzImage, and vmlinux with symbols.
# The source is in build/linux-source, the objects are in build/linux; a second run does nothing.
#
#   build-kernel.sh [VARIANT...]   for each variant guest/kernel-VARIANT.config goes on top of the configuration, in the
#                                  order given: `debug` gives build/kernel-debug, `debug kasan` build/kernel-debug-kasan
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

llvm=-19
tarball=$downloads/linux-source-6.12.tar.xz
source=$build/linux-source
objects=$build/linux
result=$build/kernel
configs=("$root/guest/kernel.config")
for variant; do
  [ -r "$root/guest/kernel-$variant.config" ] || refuse "no kernel variant is called $variant: there is no guest/kernel-$variant.config"
  configs+=("$root/guest/kernel-$variant.config")
  objects+=-$variant
  result+=-$variant
done

patches=()
if [ -r "$root/guest-kernel-patches/series" ]; then
  while read -r name; do patches+=("$root/guest-kernel-patches/$name"); done \
    < <(grep -vE '^[[:space:]]*(#|$)' "$root/guest-kernel-patches/series")
fi

"$root/scripts/fetch-debian.sh" kernel-source
# A hash of 150 MB at every run would be slow: size and time of change tell the tarball well enough.
tarball_is="$(stat --dereference --format '%s %Y' "$tarball")"
source_is=$({ echo "$tarball_is"; hash_files "${patches[@]}"; } | hash_of)
all_is=$({ echo "$source_is"; hash_files "${configs[@]}" "$0"; } | hash_of)
if is_stamped "$result/stamp" "$all_is" && [ -s "$result/bzImage" ]; then exit 0; fi

unpack() {
  rm -rf "$source.new" "$source"
  mkdir -p "$source.new"
  tar -xJf "$tarball" -C "$source.new" --strip-components=1
  local patch
  for patch in "${patches[@]}"; do
    echo "applying $patch"
    patch -d "$source.new" -p1 --fuzz=0 --forward <"$patch"
  done
  # A name, not -dirty or a number of its own: the same source gives the same kernel everywhere.
  mv "$source.new" "$source"
}
if ! is_stamped "$source.stamp" "$source_is" || [ ! -d "$source" ]; then
  step kernel-unpack "unpacking the Linux source" unpack
  stamp "$source.stamp" "$source_is"
fi

cc=clang$llvm
if have ccache; then cc="ccache $cc"; fi
kernel_make() {
  make -C "$source" O="$objects" ARCH=s390 LLVM=$llvm CC="$cc" \
    KBUILD_BUILD_USER=cmma KBUILD_BUILD_HOST=testbed KBUILD_BUILD_TIMESTAMP=1970-01-01 "$@"
}

# Every line of the fragments must have survived: an option that was renamed or lost its dependency would
# otherwise vanish in silence. What a later fragment says of an option takes the place of what an earlier one said.
configure() {
  mkdir -p "$objects"
  local config=$objects/fragment.config
  cat "${configs[@]}" | awk -F= '/^CONFIG_/ { last[$1] = $0 } END { for (name in last) print last[name] }' | sort >"$config"
  kernel_make KCONFIG_ALLCONFIG="$config" allnoconfig
  local line name wrong=0
  while read -r line; do
    name=${line%%=*}
    case $line in
      *=n) if grep -q "^$name=[ym]" "$objects/.config"; then echo "$name is set"; wrong=1; fi ;;
      *) if ! grep -qx "$line" "$objects/.config"; then echo "$line is not set"; wrong=1; fi ;;
    esac
  done <"$config"
  return $wrong
}
step kernel-config "configuring the guest kernel${1+ ($*)}" configure
step kernel-build "building the guest kernel${1+ ($*)} (3 to 6 minutes on 2 cores the first time)" \
  kernel_make -j"$jobs" bzImage

mkdir -p "$result"
cp "$objects/arch/s390/boot/bzImage" "$objects/vmlinux" "$objects/System.map" "$objects/.config" "$result/"
stamp "$result/stamp" "$all_is"
