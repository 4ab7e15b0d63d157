// The breakpoints and watchpoints that the client has set. Addresses are those of the guest's instructions
// and operands, virtual or real as the CPU uses them, in every address space.
//
// Used by the session, which changes them while no CPU runs, and by the machine's questions.
//
// Invariant
//   B1  There are never more than `most` of either kind, whatever the client sends.
#ifndef CMMA_GDB_STOPS_HPP
#define CMMA_GDB_STOPS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cmma::gdb {

enum class Watch : std::uint8_t { write, read, access };

class Stops {
 public:
  static constexpr std::size_t most = 4096;

  struct Watchpoint {
    std::uint64_t first;
    std::uint64_t last;
    Watch kind;
    bool operator==(const Watchpoint&) const = default;
  };

  // False: there are too many. To add what is there, and to remove what is not, changes nothing.
  [[nodiscard]] bool add_breakpoint(std::uint64_t address);
  void remove_breakpoint(std::uint64_t address);
  [[nodiscard]] bool add_watchpoint(const Watchpoint& watchpoint);
  void remove_watchpoint(const Watchpoint& watchpoint);
  void clear();

  [[nodiscard]] bool has_breakpoints() const { return !breakpoints_.empty(); }
  [[nodiscard]] bool has_watchpoints() const { return !watchpoints_.empty(); }
  [[nodiscard]] bool breaks_at(std::uint64_t address) const;
  [[nodiscard]] bool breaks_in_page(std::uint64_t address) const;
  // The watchpoint that an access to first..last is for; nothing if it is for none.
  [[nodiscard]] std::optional<Watchpoint> watches(std::uint64_t first, std::uint64_t last,
                                                  bool is_write) const;
  [[nodiscard]] bool watches_page(std::uint64_t first, std::uint64_t last) const;
  // The kind of the watchpoint at this address.
  [[nodiscard]] Watch kind_at(std::uint64_t address) const;

 private:
  std::vector<std::uint64_t> breakpoints_;  // in order
  std::vector<Watchpoint> watchpoints_;
};

}  // namespace cmma::gdb
#endif
