#!/bin/bash
# The kernel built here boots to its shell command and powers off: status 0. With 1 and with 2 CPUs.
. "$(dirname "$0")/lib.sh"

boots 0 --run 'echo "this is $(uname -m) with $(nproc)"'
check_out '^this is s390x with 1$'
check_out 'Linux version 6\.12'
check_no_out 'the command ended with status'

boots 0 --cpus 2 --run 'echo "this is $(uname -m) with $(nproc)"'
check_out '^this is s390x with 2$'
