#!/bin/bash
# Checks the kernel patches of guest-kernel-patches/series one by one, as their maintainers would:
#
#   check-kernel-patches.sh style     each passes the kernel's checkpatch.pl --strict, but for what `exceptions` says
#   check-kernel-patches.sh build     after each one in series order what the series touches builds, without a new
#                                     warning, with Clang and with gcc (Debian's gcc-s390x-linux-gnu), option on and off
#   check-kernel-patches.sh same      with CONFIG_PAGE_STATES=n the code of mm/, fs/ and arch/s390 is what it was before (but for
#                                     the purgatory, where a patch mends something else);
#                                     with CONFIG_PAGE_STATES=y and CONFIG_PAGE_STATES_BREAK=n the last patch changes none
#   check-kernel-patches.sh           all of them
#
# Works in build/kernel-check. Status 1 if a patch fails.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

work=$build/kernel-check
source=$work/source
patches=()
while read -r name; do patches+=("$root/guest-kernel-patches/$name"); done <"$root/guest-kernel-patches/series"

# What checkpatch does not know, and why it is right here:
#   FILE_PATH_CHANGES      no maintainer has been named for the new files yet
#   VOLATILE               it takes the word for C's qualifier
#   COMPLEX_MACRO, MACRO_ARG_UNUSED, SPACING              the lists of <trace/events/mmflags.h> are made this way
#   OPEN_ENDED_LINE, PARENTHESIS_ALIGNMENT                so is each TRACE_EVENT(), and what was there before
#   MACRO_ARG_REUSE                                       the table of guards is its argument, once for each line
#   CONST_STRUCT                                          the KUnit tests change theirs from case to case
#   EXPORT_SYMBOL                                         it does not see what DEFINE_STATIC_KEY_FALSE() defines
#   UNKNOWN_COMMIT_ID      it asks git, and Debian's source is no repository
exceptions=FILE_PATH_CHANGES,VOLATILE,COMPLEX_MACRO,MACRO_ARG_UNUSED,SPACING,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,EXPORT_SYMBOL,CONST_STRUCT,MACRO_ARG_REUSE,UNKNOWN_COMMIT_ID

# What the series touches, and all that is around it.
objects=(mm/ fs/splice.o fs/buffer.o kernel/sched/ arch/s390/mm/ arch/s390/purgatory/ arch/s390/kernel/traps.o arch/s390/kernel/machine_kexec.o)

fresh_source() {
  "$root/scripts/fetch-debian.sh" kernel-source
  rm -rf "$source"
  mkdir -p "$source"
  tar -xJf "$downloads/linux-source-6.12.tar.xz" -C "$source" --strip-components=1
}

apply() { patch -s -d "$source" -p1 --fuzz=0 --forward <"$1"; }

# kernel_make COMPILER on|off|unbroken TARGET...: `unbroken` is on without CONFIG_PAGE_STATES_BREAK
kernel_make() {
  local compiler=$1 option=$2 tools
  shift 2
  case $compiler in
    clang) tools=(LLVM=-19 CC="${ccache}clang-19") ;;
    gcc) tools=(CROSS_COMPILE=s390x-linux-gnu- CC="${ccache}s390x-linux-gnu-gcc") ;;
  esac
  make -s -j"$jobs" -C "$source" O="$work/$compiler-$option" ARCH=s390 "${tools[@]}" "$@"
}
# The kernel's own headers are not free of warnings with Clang.
declare -A strict=([clang]='-Werror -Wno-null-pointer-arithmetic' [gcc]=-Werror)
ccache=
! have ccache || ccache="ccache "

configure() {
  local compiler=$1 option=$2 objects_of=$work/$1-$2
  mkdir -p "$objects_of"
  # KUnit brings tests of other parts; kexec is what one of the patches is about.
  { grep -vE '^CONFIG_(PAGE_STATES|KUNIT)' "$root/guest/kernel.config"
    echo "CONFIG_KEXEC=y"
    # Until the architecture selects it, the option is there for COMPILE_TEST only, which wants PCI on s390.
    [ "$option" = off ] || printf 'CONFIG_%s=y\n' PCI COMPILE_TEST KUNIT PAGE_STATES PAGE_STATES_KUNIT_TEST
    [ "$option" != on ] || echo "CONFIG_PAGE_STATES_BREAK=y"; } >"$objects_of/fragment"
  kernel_make "$compiler" "$option" KCONFIG_ALLCONFIG="$objects_of/fragment" allnoconfig >/dev/null
}

check_style() {
  [ -d "$source" ] || fresh_source
  local patch bad=0
  for patch in "${patches[@]}"; do
    # Its messages are on standard output; on the other one it may miss a Python module that looks at licence tags.
    "$source/scripts/checkpatch.pl" --root="$source" --strict --quiet --no-summary --ignore "$exceptions" "$patch" 2>"$work/style.err" || bad=1
  done
  return $bad
}

check_build() {
  fresh_source
  rm -rf "$work"/{clang,gcc}-{on,off}
  local patch compiler option log
  for patch in "${patches[@]}"; do
    apply "$patch"
    for compiler in clang gcc; do
      for option in on off; do
        # In most patches nothing is there to see for a kernel without the option: the first and the last show it.
        if [ $option = off ] && [ "$patch" != "${patches[0]}" ] && [ "$patch" != "${patches[-1]}" ]; then continue; fi
        log=$work/$(basename "$patch" .patch).$compiler-$option.log
        configure $compiler $option
        if [ $option = on ] && ! grep -q '^CONFIG_PAGE_STATES=y' "$work/$compiler-on/.config"; then
          echo "$(basename "$patch"): CONFIG_PAGE_STATES can not be set"
          return 1
        fi
        kernel_make $compiler $option KCFLAGS="${strict[$compiler]}" "${objects[@]}" >"$log" 2>&1 || { tail -n 20 "$log"; return 1; }
        echo "builds: $(basename "$patch") with $compiler, option $option"
      done
    done
  done
}

# Every function of the touched folders, without addresses of code elsewhere.
disassemble() {
  local file
  (cd "$1" && find mm fs/splice.o fs/buffer.o arch/s390/mm arch/s390/kernel/traps.o arch/s390/kernel/machine_kexec.o -name '*.o' | LC_ALL=C sort) |
    while read -r file; do
      echo "== $file"
      llvm-objdump-19 --disassemble --reloc --no-show-raw-insn "$1/$file" | tail -n +3
    done
}

# code_of OPTION NAME: the disassembly of what the source is now.
code_of() {
  configure clang "$1"
  kernel_make clang "$1" "${objects[@]}" >"$work/same-$2.log" 2>&1 || { tail -n 20 "$work/same-$2.log"; return 1; }
  disassemble "$work/clang-$1" >"$work/$2.s"
}

check_same() {
  local patch
  fresh_source
  # The times of fresh sources are those of the archive: make would keep what an earlier check has left.
  rm -rf "$work"/clang-{off,unbroken}
  code_of off before
  for patch in "${patches[@]::${#patches[@]}-1}"; do apply "$patch"; done
  code_of unbroken before-last
  apply "${patches[-1]}"
  code_of off after
  code_of unbroken after-last
  cmp "$work/before.s" "$work/after.s"
  cmp "$work/before-last.s" "$work/after-last.s"
  grep -q '^== mm/page-states.o' "$work/after-last.s"
  echo "same without the option: $(grep -c '^==' "$work/after.s") objects, $(wc -l <"$work/after.s") lines of disassembly"
  echo "same with the last patch: $(grep -c '^==' "$work/after-last.s") objects, $(wc -l <"$work/after-last.s") lines of disassembly"
}

mkdir -p "$work"
case ${1-all} in
  style) check_style ;;
  build) check_build ;;
  same) check_same ;;
  all) check_build && check_style && check_same ;;
  *) refuse "usage: check-kernel-patches.sh [style|build|same]" ;;
esac
