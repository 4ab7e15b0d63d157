#include "record/counters.hpp"

#include <fmt/format.h>

#include <iterator>

namespace cmma::record {
namespace {

constexpr std::array<CounterInfo, counter_count> infos{{
#define CMMA_COUNTER(name, unit, meaning) {#name, unit, meaning},
#include "record/counters.inc"
#undef CMMA_COUNTER
}};

}  // namespace

std::span<const CounterInfo> counter_list() { return infos; }

void Counters::raise_to(Counter counter, std::uint64_t value) {
  std::atomic<std::uint64_t>& highest = cell(counter);
  std::uint64_t seen = highest.load(std::memory_order_relaxed);
  while (seen < value && !highest.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

CounterValues Counters::snapshot() const {
  CounterValues values{};
  for (std::size_t i = 0; i < counter_count; ++i) values.at(i) = cells_.at(i).load(std::memory_order_relaxed);
  return values;
}

std::string counters_as_text(const CounterValues& values, bool all) {
  std::string text;
  for (std::size_t i = 0; i < counter_count; ++i) {
    if (!all && values.at(i) == 0) continue;
    const CounterInfo& info = infos.at(i);
    fmt::format_to(std::back_inserter(text), "{:<18} {:>12} {:<12}  {}\n", info.name, values.at(i), info.unit,
                   info.meaning);
  }
  return text;
}

}  // namespace cmma::record
