// Names of the kinds of events, as scenarios and texts have them.
//
// Who may use it: everybody above the host. The numbers are those of cmma/race.h.
#ifndef CMMA_RACE_KINDS_HPP
#define CMMA_RACE_KINDS_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cmma/race.h"

namespace cmma::race {

struct Kind {
  std::uint32_t number;
  std::string_view name;
  std::string_view meaning;
  bool has_block;
};

// In the order of their numbers.
[[nodiscard]] std::span<const Kind> kinds();
[[nodiscard]] const Kind* kind_of(std::uint32_t number);  // null for no kind
[[nodiscard]] const Kind* kind_named(std::string_view name);

// "essa 3 01234000", "interruption external 1004"...
[[nodiscard]] std::string describe(const cmma_event& event);

}  // namespace cmma::race
#endif
