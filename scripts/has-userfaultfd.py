#!/usr/bin/env python3
"""Exit status 0 if this user may use userfaultfd, for `testbed doctor`."""
import ctypes
import os
import platform
import sys

NUMBERS = {"x86_64": 323, "aarch64": 282, "s390x": 355, "ppc64le": 364, "riscv64": 282}
number = NUMBERS.get(platform.machine())
if number is None:
    sys.exit(1)
libc = ctypes.CDLL(None, use_errno=True)
descriptor = libc.syscall(number, os.O_CLOEXEC)
sys.exit(0 if descriptor >= 0 else 1)
