#!/usr/bin/env python3
"""For `testbed doctor`: exit status 0 if this user may use userfaultfd, 2 if for faults in user mode only, 1 if not."""
import ctypes
import os
import platform
import sys

NUMBERS = {"x86_64": 323, "aarch64": 282, "s390x": 355, "ppc64le": 364, "riscv64": 282}
number = NUMBERS.get(platform.machine())
if number is None:
    sys.exit(1)
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(number, os.O_CLOEXEC) >= 0 or os.access("/dev/userfaultfd", os.R_OK | os.W_OK):
    sys.exit(0)
# One that sees no faults of system calls: what an ordinary user gets.
USER_MODE_ONLY = 1
sys.exit(2 if libc.syscall(number, os.O_CLOEXEC | USER_MODE_ONLY) >= 0 else 1)
