#!/bin/bash
# Builds what the guest starts from, out of Debian's s390x packages:
#
#   build-rootfs.sh [initrd]         build/rootfs/initrd.cpio.gz: busybox and guest/init
#   build-rootfs.sh debian-kernel    build/debian-kernel/: Debian's own kernel (vmlinuz) and an archive with
#                                    the modules it needs for disks (modules.cpio.gz, for --overlay)
#   build-rootfs.sh disk NAME MB PACKAGE...
#                                    build/rootfs/NAME.img: an ext4 disk image with these packages and all
#                                    they depend on, unpacked (their install scripts are not run)
#
# Each does nothing if it is up to date.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

rootfs=$build/rootfs
fetch=$root/scripts/fetch-debian.sh
mkdir -p "$rootfs"

# pack FOLDER FILE: all of the folder as a compressed cpio archive, owned by root, the same bytes every time.
pack() {
  archive "$1" | gzip -9n >"$2.new"
  mv "$2.new" "$2"
}

unpack_debs() {
  local list=$1 into=$2 file
  while read -r file; do dpkg-deb --extract "$downloads/$file" "$into"; done <"$list"
}

build_initrd() {
  "$fetch" set busybox
  local now work=$rootfs/initrd.work
  now=$({ cat "$downloads/busybox.list"; hash_files "$0" "$root/guest/init" "$root/guest/guest"; } | hash_of)
  if is_stamped "$rootfs/initrd.stamp" "$now" && [ -s "$rootfs/initrd.cpio.gz" ]; then return; fi
  say "building the guest's default root"
  rm -rf "$work"
  mkdir -p "$work"/{bin,sbin,usr/bin,usr/sbin,dev,proc,sys,tmp,mnt,root,etc,lib} "$work.deb"
  unpack_debs "$downloads/busybox.list" "$work.deb"
  cp "$work.deb"/bin/busybox "$work/bin/busybox"
  ln -s busybox "$work/bin/sh"
  install -m 755 "$root/guest/init" "$work/init"
  install -m 755 "$root/guest/guest" "$work/bin/guest"
  pack "$work" "$rootfs/initrd.cpio.gz"
  rm -rf "$work" "$work.deb"
  stamp "$rootfs/initrd.stamp" "$now"
}

build_debian_kernel() {
  local out=$build/debian-kernel now work version module path
  "$fetch" debian-kernel
  local name
  name=$(sed 's/_.*//' "$downloads/debian-kernel.list")
  now=$({ cat "$downloads/debian-kernel.list"; hash_files "$0"; } | hash_of)
  if is_stamped "$out/stamp" "$now" && [ -s "$out/vmlinuz" ]; then return; fi
  say "unpacking Debian's own s390x kernel: $name"
  work=$out/work
  rm -rf "$out"
  mkdir -p "$work/all" "$work/some"
  unpack_debs "$downloads/debian-kernel.list" "$work/all"
  version=${name#linux-image-}
  cp "$work/all/boot/vmlinuz-$version" "$out/vmlinuz"
  PATH=$PATH:/sbin:/usr/sbin
  depmod --basedir "$work/all" "$version"
  for module in dasd_fba_mod dasd_mod ext4 loop crc32c_generic; do
    modprobe --dirname "$work/all" --set-version "$version" --show-depends --ignore-install $module
  done 2>/dev/null | sed -n "s#^insmod $work/all/##p" | sort -u >"$work/wanted"
  [ -s "$work/wanted" ] || die "the kernel package $name has none of the modules that disks need"
  while read -r path; do install -D -m 644 "$work/all/$path" "$work/some/$path"; done <"$work/wanted"
  cp "$work/all/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$work/some/lib/modules/$version/"
  depmod --basedir "$work/some" "$version"
  pack "$work/some" "$out/modules.cpio.gz"
  rm -rf "$work"
  stamp "$out/stamp" "$now"
}

build_disk() {
  local name=$1 size=$2 now image=$rootfs/$1.img work=$rootfs/$1.work
  shift 2
  "$fetch" s390x "disk-$name" "$@"
  now=$({ echo "$size"; cat "$downloads/disk-$name.list"; hash_files "$0"; } | hash_of)
  if is_stamped "$image.stamp" "$now" && [ -s "$image" ]; then return; fi
  make_disk() {
    rm -rf "$work"
    mkdir -p "$work"
    unpack_debs "$downloads/disk-$name.list" "$work"
    # What only people read.
    rm -rf "$work"/usr/share/{doc,man,info,locale,i18n,lintian,bash-completion}
    mkdir -p "$work"/{proc,sys,dev,tmp,root,etc,run,data}
    # A database server refuses to run as root.
    printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'worker:x:1000:1000:worker:/tmp:/bin/sh' >"$work/etc/passwd"
    printf '%s\n' 'root:x:0:' 'worker:x:1000:' >"$work/etc/group"
    if [ -e "$work/bin/dash" ] && [ ! -e "$work/bin/sh" ]; then ln -s dash "$work/bin/sh"; fi
    truncate --size "${size}M" "$image.new"
    PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -b 4096 -E root_owner=0:0 -O ^has_journal -d "$work" "$image.new"
    mv "$image.new" "$image"
    rm -rf "$work"
  }
  step "disk-$name" "building the disk image $name ($*)" make_disk
  stamp "$image.stamp" "$now"
}

case ${1-initrd} in
  initrd) build_initrd ;;
  debian-kernel) build_debian_kernel ;;
  disk)
    [ $# -ge 4 ] || refuse "build-rootfs.sh disk NAME MB PACKAGE..."
    shift && build_disk "$@"
    ;;
  *) refuse "build-rootfs.sh: initrd, debian-kernel, or disk NAME MB PACKAGE..." ;;
esac
