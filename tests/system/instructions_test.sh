#!/bin/bash
# Many instructions on many operands, once under Linux on the machine and once by qemu's user mode: the outcome
# is the same, but for what tests/guest/insn/known-differences.txt explains.
. "$(dirname "$0")/lib.sh"

insn=$(dirname "$0")/../guest/insn
if ! command -v qemu-s390x-static >/dev/null; then
  echo "skipped: qemu-s390x-static (Debian's qemu-user-static) is not installed"
  exit 77
fi

mkdir -p "$work/root/bin"
clang-19 --target=s390x-linux-gnu -march=zEC12 -O2 -ffreestanding -fno-builtin -nostdlib -static -fuse-ld=lld \
  "$insn/insn.c" -o "$work/root/bin/insn"
(cd "$work/root" && find . -mindepth 1 | cpio --create --format=newc --owner=0:0 --quiet) >"$work/overlay.cpio"
# Line by line, because the console makes a line of whatever is written at once.
boots 0 --overlay "$work/overlay.cpio" --run 'insn | while read -r line; do echo "$line"; done'
check "instructions differ" "$insn/compare" "$work/root/bin/insn" "$work/out"
