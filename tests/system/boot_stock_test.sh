#!/bin/bash
# An unpatched Hercules works too, without what it lacks: with --no-cmma, its end found in its messages. It
# loses console lines, so --run, which needs its last one, is not for it.
. "$(dirname "$0")/lib.sh"

mkdir "$work/root"
printf '#!/bin/busybox sh\n/bin/busybox poweroff -f\n' >"$work/root/init"
chmod 755 "$work/root/init"
(cd "$work/root" && echo init | cpio --create --format=newc --quiet >"$work/overlay")
boots 0 --hercules "$stock_hercules" --no-cmma --overlay "$work/overlay"
boots 0 --hercules "$stock_hercules" --no-cmma --overlay "$work/overlay" --cpus 2
boots 1 --hercules "$stock_hercules" --no-cmma --append 'rdinit=/nowhere'
check_err 'disabled wait'
