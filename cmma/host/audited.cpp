// The audit of a discard: see host/audit.hpp. Content is read here without a change of any state.
#include <fmt/format.h>

#include <algorithm>

#include "host/host.hpp"

namespace cmma::host {

using record::Counter;

namespace {

// Messages of this kind in one run: the first ones tell all.
constexpr std::uint64_t message_limit = 10;

}  // namespace

// Before the block leaves, with the mutex held and the machine quiesced.
void Host::audit(Block block) {
  if (!audit_.covers(block)) return;
  counters_.add(Counter::audited);
  const std::string rule =
      audit_.broken_rule(block, [this](std::uint64_t address) { return word_at(address); });
  if (rule.empty()) return;
  counters_.add(Counter::audit_violations);
  if (counters_.get(Counter::audit_violations) <= message_limit)
    say(fmt::format("audit: block {:#x} is discarded, and the guest's record of it says: {}",
                    block << CMMA_BLOCK_SHIFT, rule));
}

std::span<const std::uint8_t> Host::content_of(Block block) {
  const Byte now = load(block);
  if (state::is_resident(now)) return content(block);
  if (state::content_of(now) == state::Content::zero)
    return state::usage_of(now) == state::Usage::stable ? std::span<const std::uint8_t>{zeros}
                                                        : std::span<const std::uint8_t>{};
  if (auto done = store_.read(block, page_); !done) {
    counters_.add(Counter::store_errors);
    give_up(std::move(done.error()));
    return {};
  }
  return page_;
}

// A record may be in a block that has left memory itself.
std::uint64_t Host::word_at(std::uint64_t address) {
  const std::span<const std::uint8_t> bytes = content_of(address >> CMMA_BLOCK_SHIFT);
  if (bytes.empty()) return 0;
  std::uint64_t word = 0;
  for (const std::uint8_t byte : bytes.subspan(address % CMMA_BLOCK_SIZE, sizeof word))
    word = word << 8 | byte;
  return word;
}

bool Host::peek(std::uint64_t address, std::span<std::uint8_t> to) {
  const Section section(*this);
  return peek_locked(address, to);
}

bool Host::peek_locked(std::uint64_t address, std::span<std::uint8_t> to) {
  const std::uint64_t bytes = blocks() * CMMA_BLOCK_SIZE;
  if (address > bytes || to.size() > bytes - address) return false;
  while (!to.empty()) {
    const std::uint64_t offset = address % CMMA_BLOCK_SIZE;
    const std::size_t part = std::min<std::size_t>(to.size(), CMMA_BLOCK_SIZE - offset);
    const std::span<const std::uint8_t> bytes_of_block = content_of(address >> CMMA_BLOCK_SHIFT);
    if (bytes_of_block.empty()) return false;
    std::ranges::copy(bytes_of_block.subspan(offset, part), to.begin());
    to = to.subspan(part);
    address += part;
  }
  return true;
}

}  // namespace cmma::host
