// Copies for channel programs and the service processor.
//
// A part of a copy that lies in one block is done with the mutex held, so no block is taken away while it
// is being used, and there is nothing to pin (M3).
#include <algorithm>
#include <cstring>

#include "host/host.hpp"

namespace cmma::host {

using record::Counter;
using record::EventKind;
using state::Access;

namespace {

bool is_served_by_option(Byte byte) {
  const Access strict = state::channel_access(byte, {.channel_checks = true}).access;
  return strict == Access::unused || strict == Access::discard_fault;
}

}  // namespace

template <typename Copy>
cmma_result Host::copy(std::uint64_t address, std::size_t length, std::size_t& done, Copy copy_part) {
  done = 0;
  const std::uint64_t bytes = blocks() * CMMA_BLOCK_SIZE;
  if (address > bytes || length > bytes - address) return CMMA_ADDRESSING;
  while (done < length) {
    const Block block = (address + done) >> CMMA_BLOCK_SHIFT;
    const std::size_t offset = (address + done) % CMMA_BLOCK_SIZE;
    const std::size_t part = std::min(length - done, CMMA_BLOCK_SIZE - offset);
    if (notes_uses_) [[unlikely]]
      uses_.push_back(block);
    Supplied supplied = Supplied::changed;
    {
      const Section section(*this);
      const Byte now = load(block);
      const state::AccessOutcome outcome = state::channel_access(now, options_.reading);
      switch (outcome.access) {
        case Access::discard_fault:
        case Access::unused:
          counters_.add(Counter::channel_refusals);
          note(EventKind::channel_refused, block, now, now, CMMA_NOT_A_CPU);
          return outcome.access == Access::unused ? CMMA_UNUSED : CMMA_DISCARDED;
        case Access::go_on:
          if (outcome.next == now || swap(block, now, outcome.next)) supplied = Supplied::done;
          break;
        case Access::page_in:
        case Access::zero_frame:
          supplied = supply(block, now, outcome.next, outcome.access, CMMA_NOT_A_CPU);
          break;
      }
      if (supplied == Supplied::done) {
        // A15: that the block would have been refused without the option is never silent.
        if (is_served_by_option(now)) {
          note(EventKind::served, block, now, load(block), CMMA_NOT_A_CPU);
          counters_.add(Counter::channel_served);
        }
        copy_part(storage_ + address + done, done, part);
        done += part;
      }
    }
    if (supplied == Supplied::failed) return CMMA_FAILED;
    if (supplied == Supplied::no_frame && !make_room(CMMA_NOT_A_CPU)) return CMMA_FAILED;
  }
  return CMMA_DONE;
}

cmma_result Host::read(std::uint64_t address, std::span<std::uint8_t> to, std::size_t& done) {
  return copy(address, to.size(), done, [to](const std::uint8_t* at, std::size_t from, std::size_t part) {
    std::memcpy(to.data() + from, at, part);
  });
}

cmma_result Host::write(std::uint64_t address, std::span<const std::uint8_t> from, std::size_t& done) {
  return copy(address, from.size(), done, [from](std::uint8_t* at, std::size_t to, std::size_t part) {
    std::memcpy(at, from.data() + to, part);
  });
}

}  // namespace cmma::host
