#!/bin/bash
# gdb-multiarch on the Linux kernel: attach before the start, break at a function, look at registers and a variable,
# step, watch, ask the host, detach; and the guest goes on to its power-off. Killed, it ends with a line that says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gdb.sh"

cat >"$work/gdb" <<'COMMANDS'
break kernel_init
continue
info threads
x/s &linux_banner
set $before = $pswa
stepi
printf "stepped %d\n", $pswa > $before && $pswa <= $before + 6
printf "space %d\n", $cr1 == $cr13
delete
watch *(unsigned long *)&jiffies_64
continue
delete
monitor cmma matrix
monitor translate 3ffe0100000
break vfs_open
continue
backtrace 2
delete
detach
COMMANDS
gdb_boots 0 --cpus 2 --run 'echo still alive'
check_seen '^Thread 1 hit Breakpoint 1, 0x000003ffe[0-9a-f]* in kernel_init'
check_seen 'Thread 2 \(CPU 0001, stopped\)'
check_seen 'linux_banner>:.*Linux version 6\.12'
check_seen '^stepped 1$'
check_seen '^space 1$'
check_seen 'hit Hardware watchpoint 2'
check_seen '^S stable  *[1-9]'
check_seen '^0x3ffe0100000 is absolute 0x[1-9a-f]'
check_seen 'in vfs_open'
check_seen '^#1 .* in '
check_out '^still alive$'
check_err 'gdb: detached, the guest goes on'

printf 'break kernel_init\ncontinue\nkill\n' >"$work/gdb"
gdb_boots 1 --run 'echo never'
check_err 'gdb has killed the guest'
check_no_out '^never$'

# A scenario hands the machine to gdb, which only looks: the run is the one that it is without.
boots 0 --deterministic --memory 64M --append page_states=on --run 'echo still alive'
alone=$(unseed)
for trigger in 'event = "essa"' 'access = 0x1000000'; do
  cat >"$work/look.toml" <<EOT
name = "look"
summary = "gdb looks at the guest"
[[trigger]]
$trigger
nth = 300
action = "monitor"
text = "look here"
EOT
  printf 'continue\nprintf "here %%d\\n", $pswa > 0\nmonitor now\nmonitor cmma matrix\ndetach\n' >"$work/gdb"
  gdb_boots 0 --deterministic --memory 64M --append page_states=on --cmma-option "race=$work/look.toml" --run 'echo still alive'
  check_err 'race: cpu0 at .*: look here'
  check_err 'reached 300, done 1, refused 0'
  check_seen '^here 1$'
  check 'gdb came there' grep -q "instruction $(sed -nE 's/^([0-9]+) instructions$/\1/p' "$work/seen")," "$work/err"
  check_seen '^S stable  *[1-9]'
  check_out '^still alive$'
  check 'and went without a trace' [ "$(unseed)" = "$alone" ]
done

# In a deterministic run gdb stops at an instruction, and the run is the one that it is without gdb.
boots 0 --deterministic --memory 64M --run 'echo still alive'
alone=$(unseed)
cat >"$work/gdb" <<'COMMANDS'
monitor until 100000000
continue
monitor now
info threads
x/2i $pswa
monitor cmma matrix
monitor until 99
break vfs_open
continue
delete
stepi
monitor cpus
detach
COMMANDS
gdb_boots 0 --deterministic --memory 64M --run 'echo still alive'
check_seen '^100000000 instructions$'
check_seen '^100000000 instructions are done already$'
check_seen 'in vfs_open'
check_out '^still alive$'
check 'gdb that only looks changes nothing' [ "$(unseed)" = "$alone" ]
