// One event of a trace: a block changed its state, or was touched when it must not be.
//
// Who may use it: everybody.
#ifndef CMMA_RECORD_EVENT_HPP
#define CMMA_RECORD_EVENT_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace cmma::record {

enum class EventKind : std::uint8_t {
#define CMMA_EVENT(name, meaning) name,
#include "record/events.inc"
#undef CMMA_EVENT
};

inline constexpr std::size_t event_kind_count =
    std::initializer_list<int>{
#define CMMA_EVENT(name, meaning) 0,
#include "record/events.inc"
#undef CMMA_EVENT
    }
        .size();

// `cpu` of an event that no CPU caused: the host's reclaim, a channel, the operator.
inline constexpr int not_a_cpu = -1;

struct Event {
  EventKind kind = EventKind::essa;
  std::uint8_t detail = 0;     // 0..7; the ORC of ESSA, otherwise 0
  std::uint8_t old_state = 0;  // state bytes, layout as in cmma/cmma.h
  std::uint8_t new_state = 0;
  int cpu = not_a_cpu;             // -1..254
  std::uint64_t block = 0;         // absolute address >> 12, below 2^32 (16 TB)
  std::uint64_t instructions = 0;  // completed by that CPU, 0 without one
  friend bool operator==(const Event&, const Event&) = default;
};

// Empty for a number that is not a kind.
[[nodiscard]] std::string_view event_name(EventKind kind);

}  // namespace cmma::record
#endif
