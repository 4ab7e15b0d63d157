#!/bin/bash
# A panic is status 1, and its message is on the console.
. "$(dirname "$0")/lib.sh"

boots 1 --run 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'
check_out 'Kernel panic - not syncing: sysrq triggered crash'
check_err 'disabled wait of CPU0000, PSW=0002'
boots 1 --append rdinit=/nowhere
check_out 'Kernel panic'
