// EXTRACT AND SET STORAGE ATTRIBUTES. The rules are in state/transitions.hpp; here is the work.
#include "host/host.hpp"

namespace cmma::host {

using record::Counter;
using state::Content;
using state::Effect;

namespace {

// More than this in one round, and looking at all blocks costs no more than the list.
constexpr std::size_t due_limit = 4096;

}  // namespace

cmma_result Host::essa(int cpu, std::uint64_t r2, unsigned orc, std::uint64_t& r1) {
  // A5: the request is looked at before the address. A1, A2: all 64 bits, but for the low 12.
  if (!state::apply_orc(state::byte_of(state::Pair::Sr), orc, false, options_.reading)) {
    counters_.add(Counter::essa_refused);
    return CMMA_SPECIFICATION;
  }
  const Block block = r2 >> CMMA_BLOCK_SHIFT;
  if (block >= blocks()) {
    counters_.add(Counter::essa_refused);
    return CMMA_ADDRESSING;
  }
  see_cpu(cpu);
  const Byte now = load(block);
  const auto outcome = state::apply_orc(now, orc, false, options_.reading);
  const bool easy = state::content_of(now) != Content::preserved && outcome->effect == Effect::none;
  // A trace and the invariants have the changes of a block in order only if the mutex is held between change
  // and record.
  if (easy && !trace_ && !invariants_ && machine_.event == nullptr &&
      (outcome->next == now || swap(block, now, outcome->next))) {
    r1 = outcome->r1;
    note_due(block, outcome->next, cpu);
  } else if (const cmma_result result = essa_locked(cpu, block, orc, r1); result != CMMA_DONE) {
    return result;
  }
  counters_.add_essa(orc);
  if (orc == static_cast<unsigned>(state::Orc::set_stable_if_resident) &&
      state::pair_of(static_cast<Byte>(r1)) == state::Pair::Vz)
    policy_->saw_miss();
  return CMMA_DONE;
}

cmma_result Host::essa_locked(int cpu, Block block, unsigned orc, std::uint64_t& r1) {
  for (;;) {
    Supplied supplied = Supplied::changed;
    Byte next = 0;
    bool low = false;
    {
      const Section section(*this);
      const Byte now = load(block);
      const bool changed =
          state::needs_change_bit(now, orc) && machine_.changed(machine_.context, block) != 0;
      const auto outcome = state::apply_orc(now, orc, changed, options_.reading);
      next = outcome->next;
      r1 = outcome->r1;
      switch (outcome->effect) {
        case Effect::none:
        case Effect::drop_copy:
          if (next == now || swap(block, now, next)) supplied = Supplied::done;
          break;
        case Effect::page_in:
          supplied = supply(block, now, next, state::Access::page_in, cpu);
          break;
        case Effect::zero_frame:
          supplied = supply(block, now, next, state::Access::zero_frame, cpu);
          break;
      }
      if (supplied == Supplied::done) {
        if (outcome->effect == Effect::drop_copy) {
          store_.drop(block);
          machine_.reset_reference_change(machine_.context, block);
          counters_.add(Counter::copies_dropped);
        }
        note(record::EventKind::essa, block, now, next, cpu, orc);
      }
      low = runs_low();
    }
    switch (supplied) {
      case Supplied::done:
        if (low) ask_for_reclaim(cpu);
        note_due(block, next, cpu);
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

void Host::note_due(Block block, Byte now, int cpu) {
  const std::uint8_t at_once = at_once_.at(now & state::pair_mask);
  if (!state::is_resident(now) || at_once == 0) return;
  {
    const Section section(*this);
    if (due_.size() < due_limit) {
      due_.push_back(block);
    } else {
      due_all_ = true;
    }
  }
  ask_for_reclaim(cpu);
}

}  // namespace cmma::host
