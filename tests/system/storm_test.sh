#!/bin/bash
# Files are written, read, mapped and truncated under a host that discards what it may, with 1 and 2 CPUs; and a file that
# is broken behind the back of its checker is noticed. `./testbed soak` has the other workloads and more seeds.
# timeout: 1500
# serial
. "$(dirname "$0")/lib.sh"

storm() { "$BUILD/../scripts/storm.sh" --timeout 600 --out "$work/storm" "$@" >"$work/out" 2>"$work/err"; }

check "workloads fail under a storm" storm --seeds '1 2' fsexer fio
check_out '^4 passed, 0 failed$'
check "a broken file is not noticed" storm --seeds 1 --broken fsexer
check_out '^1 passed, 0 failed$'
