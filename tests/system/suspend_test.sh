#!/bin/bash
# The machine's `suspend` command would write main storage without the blocks that have left it, and `resume` would
# read it past the host: both are refused while a host owns storage. Without a host `suspend` works as ever.
. "$(dirname "$0")/lib.sh"

# commands COMMAND STATEMENT...: the machine with these statements is given the command. Its messages are in
# $work/out.
commands() {
  local command=$1
  shift
  printf '%s\n' 'ARCHMODE z/Arch' 'MAINSIZE 16' 'NUMCPU 1' 'PANRATE 1000' '000C 3505' "$@" >"$work/machine.cnf"
  printf '%s\n' "$command $work/image" 'pause 1' 'quit' >"$work/machine.rc"
  HERCULES_RC=$work/machine.rc timeout 60 "$BUILD/hercules/bin/hercules" -d -f "$work/machine.cnf" \
    >"$work/out" 2>&1 </dev/null || failed "the machine does not end: status $?"
}

commands suspend 'CMMA frames=4M'
check_out '^HHCSR105E '
check "a file was written" test ! -e "$work/image"

commands suspend
check_no_out '^HHCSR1[0-9]*E '
check "no file was written" test -s "$work/image"

commands resume 'CMMA frames=4M'
check_out '^HHCSR205E '
