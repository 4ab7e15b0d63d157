// The audit of a discard: see host/audit.hpp.
#include <fmt/format.h>

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
  const std::string_view rule =
      audit_.broken_rule(block, [this](std::uint64_t address) { return word_at(address); });
  if (rule.empty()) return;
  counters_.add(Counter::audit_violations);
  if (counters_.get(Counter::audit_violations) <= message_limit)
    say(fmt::format("audit: block {:#x} is discarded, and the guest's record of it says: {}",
                    block << CMMA_BLOCK_SHIFT, rule));
}

// A record may be in a block that has left memory itself.
std::uint64_t Host::word_at(std::uint64_t address) {
  const Block block = address >> CMMA_BLOCK_SHIFT;
  const std::uint64_t offset = address % CMMA_BLOCK_SIZE;
  std::span<const std::uint8_t> bytes;
  const Byte now = load(block);
  if (state::is_resident(now)) {
    bytes = content(block);
  } else if (state::content_of(now) == state::Content::preserved) {
    if (auto done = store_.read(block, page_); !done) {
      counters_.add(Counter::store_errors);
      give_up(std::move(done.error()));
      return 0;
    }
    bytes = page_;
  } else {
    return 0;
  }
  std::uint64_t word = 0;
  for (const std::uint8_t byte : bytes.subspan(offset, sizeof word)) word = word << 8 | byte;
  return word;
}

}  // namespace cmma::host
