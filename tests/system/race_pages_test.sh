#!/bin/bash
# At the end of a race run the host looks at the guest's own struct pages: references that a pipe keeps are found, with and without
# the file they belong to, and nothing is found in a guest that keeps none. In an exploration what was there when the
# window opened is not found.
# timeout: 900
. "$(dirname "$0")/lib.sh"

# scenario NAME COMMAND: the guest ends when the command does; programs in the background are still there then.
scenario() {
  cat >"$work/$1.toml" <<EOT
name = "$1"
summary = "pages that somebody keeps"
trigger = [{ event = "essa", orc = 3, action = "print" }]
[boot]
kernel = "$BUILD/kernel/bzImage"
initrd = "$BUILD/programs/race.cpio"
memory = "64M"
append = "loglevel=5 page_states=on"
disk = ["$BUILD/programs/race.img"]
run = "$2"
timeout = 240
[guest]
vmlinux = "$BUILD/kernel/vmlinux"
EOT
}
# races STATUS ARGUMENT...
races() {
  local expected=$1 status=0
  shift
  "$cmma" race "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || failed "status $status instead of $expected: cmma race $*"
}

# cat gives the pages of the file to the pipe, and nobody reads it.
keeps='cat /mnt/data | sleep 1000 & sleep 1'
scenario kept "$keeps"
races 1 run "$work/kept.toml" --out "$work"
check_err '^signature: corruption: struct page: a reference is left$'
check_err 'struct pages looked at, at rest: 16384 pages, [0-9]{4,} free, [0-9]{3,} on lists, 16 findings'
check 'the console that is kept has it' grep -q '^host: struct page: a reference is left: block 0x' "$work/kept.console.txt"
races 1 signature "$work/kept.console.txt"
check_out '^corruption: struct page: a reference is left$'

scenario orphaned 'cp /mnt/data /tmp/data; cat /tmp/data | sleep 1000 & sleep 1; : >/tmp/data'
races 1 run "$work/orphaned.toml" --out "$work"
check_err '^signature: corruption: struct page: on a list without an owner$'

scenario sound 'cat /mnt/data | cat >/dev/null; sleep 1'
races 0 run "$work/sound.toml" --out "$work"
check_err '^signature: none$'
check_err 'struct pages looked at, at rest: 16384 pages, [0-9]{4,} free, [0-9]{3,} on lists, 0 findings'

# Kept since before the window, and in it.
scenario before "$keeps; echo cmma: window; sync"
races 0 explore "$work/before.toml" --results "$work/before" --plan random --rate 0 --seeds 1
check_out '^1 plans run, 0 did something, 0 failed$'
# The console is written when the shell has gone on.
scenario within "echo cmma: window; sleep 1; $keeps"
races 3 explore "$work/within.toml" --results "$work/within" --plan random --rate 0 --seeds 1
check_err 'the guest fails without any action, too: corruption: struct page: a reference is left'
