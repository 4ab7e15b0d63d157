#!/bin/bash
# Builds the kernel's own tests of memory management (tools/testing/selftests) for the guest, with Clang, statically
# linked: build/selftests/NAME, and build/selftests.cpio.gz, an overlay for `cmma boot --overlay` with /selftests/NAME.
# Their own makefiles look at the machine that builds; here each program is one line of the list below.
# Does nothing if it is up to date.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

source=$build/linux-source
headers=$build/linux-headers
sysroot=$build/selftests.sysroot
out=$build/selftests

# NAME: folder, sources besides NAME.c, libraries and options of the compiler.
programs=(
  'mlock-random-test: mm -lcap'
  'mlock2-tests: mm'
  'on-fault-limit: mm -lcap'
  'mremap_test: mm'
  'mremap_dontunmap: mm'
  'mseal_test: mm'
  'madv_populate: mm vm_util.c thp_settings.c --include=selftests.h'
  'map_populate: mm'
  'map_fixed_noreplace: mm'
  'mkdirty: mm vm_util.c thp_settings.c'
  'mrelease_test: mm vm_util.c thp_settings.c'
  'migration: mm vm_util.c thp_settings.c -lnuma'
  'compaction_test: mm'
  'cow: mm vm_util.c thp_settings.c'
  'gup_test: mm vm_util.c thp_settings.c'
  'gup_longterm: mm vm_util.c thp_settings.c'
  'ksm_functional_tests: mm vm_util.c thp_settings.c'
  'khugepaged: mm vm_util.c thp_settings.c --include=kselftest.h'
  'transhuge-stress: mm vm_util.c thp_settings.c'
  'page_states: mm'
  'pagemap_ioctl: mm vm_util.c thp_settings.c'
  'soft-dirty: mm vm_util.c thp_settings.c'
  'droppable: mm'
  'uffd-stress: mm uffd-common.c vm_util.c thp_settings.c'
  'uffd-unit-tests: mm uffd-common.c vm_util.c thp_settings.c'
  'mincore_selftest: mincore'
  'test_cachestat: cachestat'
)

[ -d "$source" ] || die "the kernel's source is not there: ./testbed build kernel"
"$root/scripts/fetch-debian.sh" set selftests
now=$({ cat "$build/linux-source.stamp" "$downloads/selftests.list"; hash_files "$0" "$root/tests/system/guest/selftests/selftests.h"; } | hash_of)
if is_stamped "$out/stamp" "$now" && [ -s "$build/selftests.cpio.gz" ]; then exit 0; fi

build_selftests() {
  local file line name folder word
  local -a from words options
  make -s -C "$source" O="$headers" ARCH=s390 LLVM=-19 headers
  rm -rf "$sysroot" "$out"
  mkdir -p "$sysroot" "$out"
  # Their makefile writes here whether there is liburing; there is none.
  : >"$sysroot/local_config.h"
  while read -r file; do dpkg-deb --extract "$downloads/$file" "$sysroot"; done <"$downloads/selftests.list"
  for line in "${programs[@]}"; do
    name=${line%%:*}
    read -r -a words <<<"${line#*:}"
    folder=$source/tools/testing/selftests/${words[0]}
    from=("$folder/$name.c")
    options=()
    for word in "${words[@]:1}"; do
      case $word in
        -*) options+=("$word") ;;
        *) from+=("$folder/$word") ;;
      esac
    done
    echo "building $name"
    # What the tests do not check about themselves is not checked here. They name temporary files after __FILE__, which has to
    # be in the folder where they run.
    clang-19 --target=s390x-linux-gnu -march=z10 -O2 -static -pthread -fuse-ld=lld -w -U_FORTIFY_SOURCE -D_GNU_SOURCE= \
      -fmacro-prefix-map="$folder/=" \
      -I "$sysroot" -I "$root/tests/system/guest/selftests" -I "$folder" -I "$source" -I "$source/tools/testing/selftests" -isystem "$headers/usr/include" \
      -isystem "$source/tools/include/uapi" -isystem "$sysroot/usr/include" -L "$sysroot/usr/lib/s390x-linux-gnu" \
      "${from[@]}" "${options[@]}" -lrt -lm -o "$out/$name"
  done
  local work=$out.work
  rm -rf "$work"
  mkdir -p "$work/selftests"
  cp "$out"/* "$work/selftests/"
  archive "$work" | gzip -9n >"$build/selftests.cpio.gz"
  rm -rf "$work" "$sysroot"
}
step selftests "building the kernel's own tests of memory management" build_selftests
stamp "$out/stamp" "$now"
