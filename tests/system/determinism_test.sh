#!/bin/bash
# The same seed gives the same run, with paging, disk work and 1 and 2 CPUs; another seed gives another one.
# timeout: 900
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/sbin:/usr/sbin

boots 2 --check-determinism --run true
check_err 'need --deterministic'
boots 2 --deterministic --det-option seed=4 --run true
boots 3 --deterministic --det-option rate=0 --run true
check_err 'rate=0'

mkdir "$work/tree"
head -c 3000000 /dev/urandom >"$work/tree/input"
truncate --size 16M "$work/disk"
mke2fs -q -t ext4 -d "$work/tree" "$work/disk"
image=$(sha256sum <"$work/disk")
sum=$(sha256sum <"$work/tree/input")

work_on_disk=$(cat "$(dirname "$0")/guest/diskwork")

for cpus in 1 2; do
  boots 0 --deterministic --check-determinism --seed 5 --cpus $cpus --memory 128M --frames 32M --disk "$work/disk" \
    --json "$work/report.json" --run "$work_on_disk"
  check_out "^$sum\$"
  check_err 'two runs, the same events'
  check 'both runs print an unseed' [ "$(unseed | wc -l)" -eq 2 ]
  check 'and it is the same' [ "$(unseed | sort -u | wc -l)" -eq 1 ]
  check_report page_outs -gt 0
  check_report stray_errors -eq 0
done
first=$(unseed | head -n 1)
check 'a deterministic run leaves its disk as it is' [ "$(sha256sum <"$work/disk")" = "$image" ]

boots 0 --deterministic --seed 6 --cpus 2 --memory 128M --frames 32M --disk "$work/disk" --run "$work_on_disk"
check 'another seed, another run' [ "$(unseed)" != "$first" ]

# The guest does not learn how fast this computer is (STSI): none emulates 500 instructions in a microsecond.
boots 0 --deterministic --det-option rate=1000 --memory 64M \
  --run 'sed -nE "s/^Capability: +([0-9]+).*/capability \1/p" /proc/sysinfo'
capability=$(sed -nE 's/^capability ([0-9]+)$/\1/p' "$work/out")
check "a capability of ${capability:-nothing} is that of 1000 instructions in a microsecond" \
  [ "${capability:-9999}" -le $((0x800000 / 48 / 500)) ]
