// nextkernel load KERNEL INITRD COMMANDLINE     loads the kernel that `nextkernel go` starts
// nextkernel crash KERNEL INITRD COMMANDLINE    loads the one that starts when this one panics (crashkernel=)
// nextkernel go                                 starts it: devices are shut down, nothing is synced
//
// kexec without its tools; for tests. Exit status 0, or 1 after a line that says what failed. `go` does not
// return.
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failed(const char* what) {
  perror(what);
  return 1;
}

static int load(const char* kernel, const char* initrd, const char* command_line, unsigned long flags) {
  int kernel_fd = open(kernel, O_RDONLY), initrd_fd = open(initrd, O_RDONLY);
  if (kernel_fd < 0) return failed(kernel);
  if (initrd_fd < 0) return failed(initrd);
  if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, strlen(command_line) + 1, command_line, flags) != 0)
    return failed("kexec_file_load");
  printf("nextkernel: loaded %s\n", kernel);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[1], "load") == 0) return load(argv[2], argv[3], argv[4], 0);
  if (argc == 5 && strcmp(argv[1], "crash") == 0) return load(argv[2], argv[3], argv[4], KEXEC_FILE_ON_CRASH);
  if (argc == 2 && strcmp(argv[1], "go") == 0) {
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
    return failed("reboot");
  }
  fprintf(stderr, "usage: nextkernel load|crash KERNEL INITRD COMMANDLINE, nextkernel go\n");
  return 1;
}
