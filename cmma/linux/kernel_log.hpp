// What a Linux guest's kernel has logged, read from its memory: also what has never come to a console. A
// kernel that panics while another CPU prints may end without a word: on s390 it stops before it flushes its
// consoles.
//
// Who may call it: the host (option and command `kernel-log`), with its mutex held; tests. Invariant V1 of
// memory.hpp.
#ifndef CMMA_LINUX_KERNEL_LOG_HPP
#define CMMA_LINUX_KERNEL_LOG_HPP

#include <expected>
#include <string>

#include "linux/memory.hpp"

namespace cmma::linux_guest {

// All records that are still there, oldest first, as `dmesg` prints them: "[    1.234567] text". Bytes that
// are not printable are shown as \xNN. The error is one line: not a Linux, or one that says nothing of its
// log.
[[nodiscard]] std::expected<std::string, std::string> read_kernel_log(Peek peek);

}  // namespace cmma::linux_guest
#endif
