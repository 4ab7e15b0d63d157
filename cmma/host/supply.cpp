// Frames for blocks that have none. All of it with the mutex held, except ask_for_reclaim.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/host.hpp"
#include "state/check.hpp"

namespace cmma::host {

using record::Counter;
using state::Access;

Host::Supplied Host::supply(Block block, Byte from, Byte to, Access access, int cpu, bool spare) {
  if (failed()) return Supplied::failed;
  release_ghost(block);
  if (!(spare ? frames_.take_spare() : frames_.take())) return Supplied::no_frame;
  counters_.raise_to(Counter::frames_peak, frames_.used());
  if (!fill(block, access)) {
    frames_.give(1);
    return Supplied::failed;
  }
  if (!swap(block, from, to)) {
    // ESSA on a logically zero block needs no mutex, so the block may not want the frame any more.
    take_back(block);
    return Supplied::changed;
  }
  const bool paged_in = access == Access::page_in;
  counters_.add(paged_in ? Counter::page_ins : Counter::zero_frames);
  note(paged_in ? record::EventKind::page_in : record::EventKind::zero_frame, block, from, to, cpu);
  tick(1, cpu);
  return Supplied::done;
}

bool Host::fill(Block block, Access access) {
  const std::size_t offset = block * CMMA_BLOCK_SIZE;
  std::span<const std::uint8_t> with = zeros;
  if (access == Access::page_in) {
    if (auto read = store_.read(block, page_); !read) {
      counters_.add(Counter::store_errors);
      give_up(std::move(read.error()));
      return false;
    }
    with = page_;
  }
  if (const int error = os_->place(offset, with); error != 0) {
    give_up(fmt::format("main storage: no memory for block {:#x}: {}", offset, std::strerror(error)));
    return false;
  }
  return true;
}

void Host::take_back(Block block) {
  gone_.push_back(block);
  finish_taking();
}

void Host::release_ghost(Block block) {
  if (ghosts_.empty()) return;
  if (std::erase(ghosts_, block) != 0) take_back(block);
}

void Host::release_ghosts() {
  gone_.insert(gone_.end(), ghosts_.begin(), ghosts_.end());
  ghosts_.clear();
  finish_taking();
}

// Without the mutex.
void Host::ask_for_reclaim(int cpu) {
  wanted_.store(true, std::memory_order_relaxed);
  if (cpu != CMMA_NOT_A_CPU) machine_.request_reclaim(machine_.context, cpu);
}

}  // namespace cmma::host
