// The assertion of this project: stays on in release builds and names the invariant that broke.
//
// Who may use it: every module above the records. The process ends at once, because a host that has lost
// track of a block would hand wrong data to the guest.
#ifndef CMMA_STATE_CHECK_HPP
#define CMMA_STATE_CHECK_HPP

#include <source_location>

namespace cmma::state {

[[noreturn]] void check_failed(const char* invariant, const std::source_location& where);

// `invariant` is its number and a few words, such as "T1: a valid pair".
constexpr void check(bool holds, const char* invariant,
                     const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    check_failed(invariant, where);
  }
}

}  // namespace cmma::state
#endif
