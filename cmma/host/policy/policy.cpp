#include "host/policy/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "host/policy/makers.hpp"
#include "state/block_state.hpp"

namespace cmma::host {
namespace {

using Maker = std::unique_ptr<Policy> (*)(std::uint64_t seed);

constexpr std::array<std::string_view, 5> names{"clock", "state-first", "random", "storm", "none"};
constexpr std::array<Maker, names.size()> makers{make_clock, make_state_first, make_random, make_storm,
                                                 make_none};

}  // namespace

std::uint8_t BlockView::load(std::uint64_t block) const {
  return std::atomic_ref(states_[block]).load(std::memory_order_relaxed);
}

void BlockView::mark_old(std::uint64_t block) {
  std::atomic_ref(states_[block]).fetch_or(state::old_bit, std::memory_order_relaxed);
}

bool Policy::takes_at_once(std::uint8_t /*state*/, bool /*changed*/) const { return false; }

bool Policy::spares() { return false; }

void Policy::saw_miss() {}

std::span<const std::string_view> policy_names() { return names; }

std::expected<std::unique_ptr<Policy>, std::string> make_policy(std::string_view name, std::uint64_t seed) {
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) {
    return std::unexpected(
        fmt::format("policy '{}' is not known; there are {}", name, fmt::join(names, ", ")));
  }
  return makers.at(static_cast<std::size_t>(found - names.begin()))(seed);
}

}  // namespace cmma::host
