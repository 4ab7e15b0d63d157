#include "host/invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cmma::host {

using record::EventKind;
using state::Content;
using state::Pair;
using state::Usage;

std::uint64_t Invariants::hash(std::span<const std::uint8_t> content) {
  // Four sums side by side: one multiplication after the other would take four times as long.
  std::array<std::uint64_t, 4> sums{1, 2, 3, 4};
  for (std::size_t at = 0; at + sizeof sums <= content.size(); at += sizeof sums) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), content.data() + at, sizeof words);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums.at(i) = (sums.at(i) ^ words.at(i)) * 0x9e3779b97f4a7c15ull;
      sums.at(i) ^= sums.at(i) >> 29;
    }
  }
  return sums[0] ^ sums[1] * 3 ^ sums[2] * 5 ^ sums[3] * 7;
}

void Invariants::note(std::string_view rule, Block block, std::string detail) {
  if (!broken_) broken_ = {.rule = std::string{rule}, .block = block, .detail = std::move(detail)};
}

void Invariants::see(const Seen& seen) {
  const auto states = [&] {
    return fmt::format("{} -> {}", state::to_text(seen.from), state::to_text(seen.to));
  };
  const auto pair = [](Byte byte) { return static_cast<Byte>(byte & state::pair_mask); };
  const bool is_essa = seen.kind == EventKind::essa;
  Byte& last = last_[seen.block];

  if (!state::is_valid_pair(seen.to)) note("I6: a pair of states that there is not", seen.block, states());
  if (seen.to != state::with_guard(seen.to, seen.reading))
    note("T2: an unused block that is not guarded, or another that is", seen.block, states());
  // An instruction that gives a block a frame first is told of twice.
  const bool goes_on = pair(seen.from) == pair(last) || (pair(seen.to) == pair(last));
  if (!goes_on) {
    note("I5: a block's state has changed without an event", seen.block,
         fmt::format("{}, then {}", state::to_text(last), states()));
  }
  if (is_essa && seen.detail == static_cast<unsigned>(state::Orc::extract) &&
      pair(seen.from) != pair(seen.to))
    note("I5: ORC 0 has changed a state", seen.block, states());
  if (seen.kind == EventKind::discard_fault && !state::is_discarded(seen.to))
    note("I7: a discard fault for a block that is not discarded", seen.block, states());
  if (seen.kind == EventKind::stray && state::is_discarded(seen.to))
    note("I2: a discarded block was read without a discard fault", seen.block, states());
  const bool came_back = state::is_resident(seen.to) && !state::is_resident(seen.from);
  if (came_back && state::is_discarded(seen.from) && state::usage_of(seen.to) == Usage::volatile_)
    note("I2: a discarded block has content again without having been made stable", seen.block, states());
  const bool loses = seen.kind == EventKind::discard || seen.kind == EventKind::drop;
  if (loses && state::usage_of(seen.from) == Usage::stable)
    note("I1: the content of a stable block is thrown away", seen.block, states());
  if (state::content_of(seen.to) == Content::preserved && !seen.on_store)
    note("H2: the paging store has no copy of a block that is to be there", seen.block, states());
  // A clear reset gives up all copies behind its events.
  if (state::content_of(seen.to) == Content::zero && seen.on_store && seen.kind != EventKind::reset)
    note("H2: the paging store has a copy of a block without content", seen.block, states());
  see_content(seen);
  last = static_cast<Byte>(seen.to & ~state::old_bit);
}

void Invariants::see_content(const Seen& seen) {
  switch (seen.kind) {
    case EventKind::page_out:
      written_[seen.block] = hash(seen.content);
      break;
    case EventKind::page_in: {
      const auto written = written_.find(seen.block);
      if (written != written_.end() && written->second != hash(seen.content))
        note("I1: a block comes back from the paging store with another content", seen.block, {});
      break;
    }
    case EventKind::zero_frame:
      if (std::ranges::any_of(seen.content, [](std::uint8_t byte) { return byte != 0; }))
        note("I2: a new frame is not zero", seen.block, {});
      break;
    case EventKind::discard: {
      const auto clean = clean_.find(seen.block);
      if (clean != clean_.end() && clean->second != hash(seen.content))
        note("I3: a completed write to a potentially volatile block is lost", seen.block,
             fmt::format("{} -> {}", state::to_text(seen.from), state::to_text(seen.to)));
      break;
    }
    default:
      break;
  }
  if (state::pair_of(seen.to) == Pair::Pr) {
    // What is written from now on sets the change bit, and a second ESSA does not take it back.
    if (seen.kind == EventKind::essa && state::pair_of(seen.from) != Pair::Pr)
      clean_[seen.block] = hash(seen.content);
  } else if (!clean_.empty()) {
    clean_.erase(seen.block);
  }
}

void Invariants::see_essa(Block block, unsigned orc, Byte now) {
  if (orc != static_cast<unsigned>(state::Orc::set_stable_if_resident)) return;
  const Usage usage = state::usage_of(now);
  if (usage == Usage::stable || usage == Usage::unused || state::is_discarded(now)) return;
  note("I4: ORC 6 has left a block that it found neither stable nor discarded", block, state::to_text(now));
}

}  // namespace cmma::host
