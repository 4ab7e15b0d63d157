#!/bin/bash
# A CPU of the guest is taken away while the guest stands still: gdb holds the machine for longer than a second when the CPU has
# nothing left to do but to go. The fair server of its runqueue comes due then, and Linux 6.12 takes that for a task which has been left
# behind (kernel patch 15): a warning on a CPU that is not online any more, of which the console has not a word.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gdb.sh"

cat >"$work/gdb" <<'COMMANDS'
break multi_cpu_stop if $_thread == 2
commands
  shell sleep 1.3
  continue
end
continue
COMMANDS
gdb_boots 0 --cpus 2 --append 'panic_on_warn=1' --kernel-log "$work/log" --run '
  set -e
  cpu=/sys/devices/system/cpu/cpu1/online
  for times in 1 2 3; do
    echo 0 >$cpu
    echo 1 >$cpu
    usleep 300000
  done
  echo "gone and back $times times"'
check 'gdb held the CPU each time' [ "$(grep -c 'hit Breakpoint 1, .* in multi_cpu_stop' "$work/seen")" -ge 3 ]
check_out '^gone and back 3 times$'
check 'a warning is in the log' [ "$(grep -c WARNING "$work/log")" -eq 0 ]
