#!/bin/bash
# --run: the failure of the command is status 1, whatever its own status is.
. "$(dirname "$0")/lib.sh"

boots 1 --run false
check_err 'the command of --run ended with status 1'
boots 1 --run 'exit 7'
check_err 'the command of --run ended with status 7'
boots 1 --run 'poweroff -f'
check_err 'without saying how'
