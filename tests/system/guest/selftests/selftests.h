/* Laid over a selftest of the kernel that asks whether there is PAGEMAP_SCAN by giving it an address that
 * cannot be written to. On s390 the kernel has no such address to refuse at once (user space has all of
 * them), and so the test takes the answer for an error. */
#pragma once
#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

static inline int selftest_ioctl(int file, unsigned long request, void* argument) {
  if (request == PAGEMAP_SCAN && ((struct pm_scan_arg*)argument)->vec == ~0ull) {
    errno = EFAULT;
    return -1;
  }
  return ioctl(file, request, argument);
}
#define ioctl selftest_ioctl
