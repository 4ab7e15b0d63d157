#!/bin/bash
# What is wrong on the command line is status 2, at once, with a line that says what.
. "$(dirname "$0")/lib.sh"

boots 2 --memory 12x
check_err 'memory'
boots 2 --memory 128M --frames 256M
check_err 'frames'
boots 2 --no-cmma --frames 64M
check_err 'no-cmma'
boots 2 --deterministic --no-cmma
check_err 'not without the host'
boots 2 --events /nowhere/log
check_err 'deterministic'
boots 2 --cpus 99
boots 2 --nonsense
boots 2 --kernel /nowhere
check_err '/nowhere'
boots 2 --kernel /etc/passwd
check_err 'neither a Linux kernel'
printf 'odd' >"$work/disk"
boots 2 --disk "$work/disk"
check_err '512'
boots 2 --append "$(printf 'x%.0s' $(seq 1 5000))"
check_err 'command line'
if [ -x "$stock_hercules" ]; then
  boots 2 --hercules "$stock_hercules"
  check_err 'without CMMA'
fi
