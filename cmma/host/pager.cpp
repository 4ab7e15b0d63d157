// The pager: answers accesses to blocks without a frame that nobody announced (strays).
//
// It is the safety net below the hooks of the machine. A stray to a stable block is resolved as an access
// would be, and counted. A stray to a discarded or unused block is an error of the machine: it is reported,
// and the thread that waits gets zeros in a page that the state byte does not own up to (a ghost), until
// the next reclaim takes it away.
//
// Invariants
//   S1  The pager never waits for the machine: the CPU that waits for the pager is inside an instruction, so
//       a quiesce would not end. It takes spare frames (F2), and without one it stops the machine.
//       It is also called in the middle of a CPU's instruction (strays=in-place), never while the host works.
//   S2  A thread that waits for a page is always woken, also when the machine is to stop.
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>

#include "host/host.hpp"

namespace cmma::host {

using record::Counter;
using record::EventKind;
using state::Access;

namespace {
// Messages about errors of the machine; more of them would only hide the first.
constexpr std::uint64_t message_limit = 10;
}  // namespace

void Host::pager() {
  // Signals are the machine's business; its handlers must not run here.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (const auto offset = os_->wait_fault()) resolve_stray(*offset / CMMA_BLOCK_SIZE);
}

void Host::resolve_stray(Block block) {
  const std::size_t offset = block * CMMA_BLOCK_SIZE;
  const Section section(*this);
  for (;;) {
    const Byte now = load(block);
    if (state::is_resident(now) || std::ranges::find(ghosts_, block) != ghosts_.end()) {
      os_->wake(offset, CMMA_BLOCK_SIZE);
      return;
    }
    // As a CPU's access, but for the exceptions, for which it is too late.
    const auto outcome = state::cpu_access(now, options_.reading);
    const bool serves = outcome.access == Access::page_in || outcome.access == Access::zero_frame;
    if (serves) {
      switch (supply(block, now, outcome.next, outcome.access, CMMA_NOT_A_CPU, true)) {
        case Supplied::done:
          counters_.add(Counter::stray_resolved);
          note(EventKind::stray, block, now, outcome.next, CMMA_NOT_A_CPU);
          wanted_.store(true, std::memory_order_relaxed);
          return;
        case Supplied::changed:
          continue;
        case Supplied::no_frame:
          give_up(fmt::format("no frame is free for an unannounced access to block {:#x}", offset));
          break;
        case Supplied::failed:
          break;
      }
    } else {
      counters_.add(Counter::stray_errors);
      note(EventKind::stray, block, now, now, CMMA_NOT_A_CPU);
      if (counters_.get(Counter::stray_errors) <= message_limit) {
        say(fmt::format("an unannounced access touched block {:#x} in state {}: it saw zeros", offset,
                        state::to_text(now)));
      }
      if (frames_.take_spare()) {
        ghosts_.push_back(block);
        wanted_.store(true, std::memory_order_relaxed);
      } else {
        give_up(fmt::format("no frame is free for an unannounced access to block {:#x}", offset));
      }
    }
    // S2. The machine stops if this page is not accounted for; until then nobody is told that it is there.
    if (os_->place(offset, zeros) != 0) os_->wake(offset, CMMA_BLOCK_SIZE);
    return;
  }
}

}  // namespace cmma::host
