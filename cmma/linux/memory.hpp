// The memory of a Linux guest as its kernel sees it, and what the kernel has left for whoever looks at a
// dump: the note VMCOREINFO, with sizes and offsets of its structures and the addresses of a few variables.
//
// Who may call it: kernel_log.cpp, tests. Nothing in the guest changes.
//
// Invariants
//   V1  The guest may have written anything: every number is checked before it is used, and no loop is longer
//   than a
//       limit that is written down here.
#ifndef CMMA_LINUX_MEMORY_HPP
#define CMMA_LINUX_MEMORY_HPP

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace cmma::linux_guest {

// Copies from absolute storage. False: a part of the range is outside of it, or has no content.
using Peek = std::function<bool(std::uint64_t address, std::span<std::uint8_t> to)>;

class Memory {
 public:
  // Finds the kernel's page tables and the note: both are in the lowcore at absolute 0 (Linux 6.12
  // arch/s390/include/asm/lowcore.h, kernel_asce and vmcore_info). The error is one line.
  [[nodiscard]] static std::expected<Memory, std::string> open(Peek peek);

  // "SIZE(prb_desc)=16" of the note as number("SIZE(prb_desc)"). SYMBOLs are hexadecimal.
  [[nodiscard]] std::expected<std::uint64_t, std::string> number(const std::string& name) const;

  // By the kernel's virtual address; big-endian, `bytes` is at most 8.
  [[nodiscard]] std::expected<std::uint64_t, std::string> word(std::uint64_t address,
                                                               unsigned bytes = 8) const;
  [[nodiscard]] std::expected<void, std::string> copy(std::uint64_t address,
                                                      std::span<std::uint8_t> to) const;

 private:
  explicit Memory(Peek peek) : peek_(std::move(peek)) {}
  [[nodiscard]] std::expected<void, std::string> read_note(std::uint64_t address);

  Peek peek_;
  std::uint64_t asce_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> note_;
};

}  // namespace cmma::linux_guest
#endif
