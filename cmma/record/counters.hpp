// The counters of a run.
//
// Who may call it: everybody, from any thread. Each counter is exact; a snapshot taken while the machine
// runs is not a picture of one moment, because the counters are relaxed atomics.
#ifndef CMMA_RECORD_COUNTERS_HPP
#define CMMA_RECORD_COUNTERS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cmma::record {

enum class Counter : std::uint8_t {
#define CMMA_COUNTER(name, unit, meaning) name,
#include "record/counters.inc"
#undef CMMA_COUNTER
};

struct CounterInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view meaning;
};

// In the order of `Counter`.
[[nodiscard]] std::span<const CounterInfo> counter_list();

inline constexpr std::size_t counter_count =
    std::initializer_list<int>{
#define CMMA_COUNTER(name, unit, meaning) 0,
#include "record/counters.inc"
#undef CMMA_COUNTER
    }
        .size();

using CounterValues = std::array<std::uint64_t, counter_count>;

class Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) {
    cell(counter).fetch_add(amount, std::memory_order_relaxed);
  }
  // ESSA with ORC 0..7. REQUIRES: orc < 8.
  void add_essa(unsigned orc) {
    cells_.at(static_cast<std::size_t>(Counter::essa_0) + orc).fetch_add(1, std::memory_order_relaxed);
  }
  // For a high-water mark: never goes down.
  void raise_to(Counter counter, std::uint64_t value);

  [[nodiscard]] std::uint64_t get(Counter counter) const {
    return cells_.at(static_cast<std::size_t>(counter)).load(std::memory_order_relaxed);
  }
  [[nodiscard]] CounterValues snapshot() const;

 private:
  std::atomic<std::uint64_t>& cell(Counter counter) { return cells_.at(static_cast<std::size_t>(counter)); }

  std::array<std::atomic<std::uint64_t>, counter_count> cells_{};
};

// One line a counter: name, value, unit, meaning. With `all` false, only those that are not 0.
[[nodiscard]] std::string counters_as_text(const CounterValues& values, bool all);

}  // namespace cmma::record
#endif
