// Accesses of CPUs.
#include "host/host.hpp"

namespace cmma::host {

using record::Counter;
using record::EventKind;
using state::Access;

cmma_result Host::access(std::uint64_t address, int cpu) {
  const Block block = address >> CMMA_BLOCK_SHIFT;
  if (block >= blocks()) return CMMA_ADDRESSING;
  see_cpu(cpu);
  if (notes_uses_) [[unlikely]]
    uses_.push_back(block);
  for (;;) {
    const Byte now = load(block);
    const state::AccessOutcome outcome = state::cpu_access(now, options_.reading);
    switch (outcome.access) {
      case Access::go_on:
        if (outcome.next == now || swap(block, now, outcome.next)) return CMMA_DONE;
        continue;
      case Access::discard_fault:
        counters_.add(Counter::discard_faults);
        note(EventKind::discard_fault, block, now, now, cpu);
        policy_->saw_miss();
        return CMMA_DISCARDED;
      case Access::unused:
        counters_.add(Counter::unused_accesses);
        note(EventKind::unused_access, block, now, now, cpu);
        return CMMA_UNUSED;
      case Access::page_in:
      case Access::zero_frame:
        break;
    }
    Supplied supplied = Supplied::changed;
    bool low = false;
    {
      const Section section(*this);
      // A copy may have been dropped since; only the same byte, seen with the mutex held, says what to do.
      if (load(block) != now) continue;
      supplied = supply(block, now, outcome.next, outcome.access, cpu);
      low = runs_low();
    }
    switch (supplied) {
      case Supplied::done:
        // Before the frames run out.
        if (low) ask_for_reclaim(cpu);
        return CMMA_DONE;
      case Supplied::changed:
        continue;
      case Supplied::no_frame:
        if (make_room(cpu)) continue;
        return CMMA_FAILED;
      case Supplied::failed:
        return CMMA_FAILED;
    }
  }
}

}  // namespace cmma::host
