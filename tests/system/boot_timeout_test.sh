#!/bin/bash
# --timeout: a guest that never ends is stopped, status 4, and no process is left behind.
. "$(dirname "$0")/lib.sh"

boots 4 --timeout 8 --run 'while :; do :; done'
check_err 'no end after 8 seconds'
check "it took $seconds s instead of 8 to 15" awk -v s="$seconds" 'BEGIN { exit !(s >= 8 && s <= 15) }'
check 'a machine was left behind' [ -z "$(pgrep -f "$work" || true)" ]
check "files were left behind" [ -z "$(find "$work" -name "cmma-boot-*")" ]
