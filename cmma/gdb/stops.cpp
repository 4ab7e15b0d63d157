#include "gdb/stops.hpp"

#include <algorithm>

namespace cmma::gdb {
namespace {

constexpr std::uint64_t in_page = 0xfff;

bool overlaps(std::uint64_t first, std::uint64_t last, const Stops::Watchpoint& watchpoint) {
  return first <= watchpoint.last && last >= watchpoint.first;
}

}  // namespace

bool Stops::add_breakpoint(std::uint64_t address) {
  if (breaks_at(address)) return true;
  if (breakpoints_.size() >= most) return false;
  breakpoints_.insert(std::ranges::lower_bound(breakpoints_, address), address);
  return true;
}

void Stops::remove_breakpoint(std::uint64_t address) { std::erase(breakpoints_, address); }

bool Stops::add_watchpoint(const Watchpoint& watchpoint) {
  if (std::ranges::find(watchpoints_, watchpoint) != watchpoints_.end()) return true;
  if (watchpoints_.size() >= most) return false;
  watchpoints_.push_back(watchpoint);
  return true;
}

void Stops::remove_watchpoint(const Watchpoint& watchpoint) { std::erase(watchpoints_, watchpoint); }

void Stops::clear() {
  breakpoints_.clear();
  watchpoints_.clear();
}

bool Stops::breaks_at(std::uint64_t address) const {
  return std::ranges::binary_search(breakpoints_, address);
}

bool Stops::breaks_in_page(std::uint64_t address) const {
  const auto at = std::ranges::lower_bound(breakpoints_, address & ~in_page);
  return at != breakpoints_.end() && (*at & ~in_page) == (address & ~in_page);
}

std::optional<Stops::Watchpoint> Stops::watches(std::uint64_t first, std::uint64_t last,
                                                bool is_write) const {
  for (const Watchpoint& watchpoint : watchpoints_) {
    const bool wanted = watchpoint.kind == Watch::access || (watchpoint.kind == Watch::write) == is_write;
    if (wanted && overlaps(first, last, watchpoint)) return watchpoint;
  }
  return std::nullopt;
}

bool Stops::watches_page(std::uint64_t first, std::uint64_t last) const {
  return std::ranges::any_of(
      watchpoints_, [&](const Watchpoint& one) { return overlaps(first & ~in_page, last | in_page, one); });
}

Watch Stops::kind_at(std::uint64_t address) const {
  const auto at = std::ranges::find(watchpoints_, address, &Watchpoint::first);
  return at == watchpoints_.end() ? Watch::write : at->kind;
}

}  // namespace cmma::gdb
