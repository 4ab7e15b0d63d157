// What a guest's console says about how the run ended: the failure signature.
//
// Who may use it: everybody above the host. A pure function of the text.
//
// Invariants
//   O1  The signature is one line, and stable: addresses, counts, times, CPU and process numbers are not in
//   it. O2  A run without a failure has no signature. O3  The worst is told: a corrupted page before the
//   panic that follows from it, a panic before a warning.
#ifndef CMMA_RACE_ORACLE_HPP
#define CMMA_RACE_ORACLE_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::race {

enum class Failure : std::uint8_t { kasan, corruption, lockdep, bug, oops, panic, warning, hang, guest };

[[nodiscard]] std::string_view failure_name(Failure failure);

struct Finding {
  Failure failure = Failure::bug;
  std::string what;   // in words that do not change from run to run
  unsigned line = 0;  // of the console, from 1
  friend bool operator==(const Finding&, const Finding&) = default;
};

// All that the console reports, in its order.
[[nodiscard]] std::vector<Finding> findings(std::string_view console);

// How the machine ended, as far as it is not on the console.
enum class Ending : std::uint8_t { good, failed, hang };

// "kasan: use-after-free in folio_mark_accessed"; empty: nothing is wrong.
[[nodiscard]] std::string signature(std::string_view console, Ending ending = Ending::good);

// A text without what changes from run to run: addresses, numbers, times, processes.
[[nodiscard]] std::string stable_text(std::string_view text);

}  // namespace cmma::race
#endif
