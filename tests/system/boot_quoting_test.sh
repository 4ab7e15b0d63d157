#!/bin/bash
# --run: any text a shell takes arrives as it is, also one that is longer than a kernel's command line.
. "$(dirname "$0")/lib.sh"

boots 0 --run 'echo "a  b" '\''$HOME "q"'\'' | tr a-z A-Z
for i in 1 2; do echo "line $i"; done'
check_out '^A  B \$HOME "Q"$'
check_out '^line 2$'

long=$(printf 'x%.0s' $(seq 1 20000))
boots 0 --run "text='$long'; echo \"\${#text} characters\""
check_out '^20000 characters$'
