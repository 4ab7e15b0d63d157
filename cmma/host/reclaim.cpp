// Taking blocks away: at an instruction boundary, or in the middle of an instruction when there is no
// other way. The machine is quiesced around all of it (M1).
#include <algorithm>
#include <bit>

#include "host/host.hpp"
#include "state/check.hpp"

namespace cmma::host {

using record::Counter;
using record::EventKind;
using state::HostAction;
using state::Usage;

namespace {

// Blocks that one call writes. The kernel copies 256 KB in the time of some hundred calls' overhead, so
// more would win nothing.
constexpr std::size_t write_limit = 64;
// Victims of one look of the policy: bounds how stale its choice can be within a round.
constexpr std::size_t pick_limit = 512;
// What a forced reclaim frees beyond the one frame that is needed, to be rare.
constexpr std::size_t forced_batch = 64;

// Call `act` with the first element and the length of every run of adjacent blocks, in ascending order.
template <typename Act>
void each_run(std::span<const Block> sorted, std::size_t limit, Act act) {
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t count = 1;
    while (i + count < sorted.size() && count < limit && sorted[i + count] == sorted[i] + count) ++count;
    act(sorted.subspan(i, count));
    i += count;
  }
}

}  // namespace

// What the policy sees.
class Host::View final : public BlockView {
 public:
  View(Host& host, bool in_instruction)
      : BlockView(host.states_), machine_(host.machine_), in_instruction_(in_instruction) {}

  // An interrupted instruction may hold host pointers to blocks that it has been granted. If one of them
  // leaves with its content kept, the access by that pointer is a stray that the pager resolves without
  // loss. A guarded block was not granted to any instruction. No other block may leave then.
  [[nodiscard]] bool eligible(std::uint64_t block) const override {
    const Byte byte = load(block);
    if (in_instruction_ && state::usage_of(byte) != Usage::stable && (byte & state::guarded_bit) == 0)
      return false;
    return machine_.exempt(machine_.context, block) == 0;
  }

  [[nodiscard]] bool changed(std::uint64_t block) const override {
    return machine_.changed(machine_.context, block) != 0;
  }

 private:
  const cmma_machine& machine_;
  const bool in_instruction_;
};

void Host::reclaim(int cpu) {
  see_cpu(cpu);
  if (!wanted_.exchange(false, std::memory_order_relaxed)) return;
  machine_.quiesce(machine_.context, cpu);
  {
    const Section section(*this);
    counters_.add(Counter::reclaim_rounds);
    tick(0, cpu);
    release_ghosts();
    take_due();
    while (frames_.shortage() != 0 && !failed()) {
      exhausted_ = take_some(std::min(pick_limit, frames_.shortage()), Urgency::background, false) == 0;
      if (exhausted_) break;
    }
    store_.tidy();
  }
  machine_.resume(machine_.context, cpu);
}

// No frame is free and the caller cannot go on without one. False: there is none to be had, and the
// machine has been told to stop.
bool Host::make_room(int cpu) {
  machine_.quiesce(machine_.context, cpu);
  bool made = false;
  {
    const Section section(*this);
    counters_.add(Counter::reclaim_rounds);
    tick(0, cpu);
    counters_.add(Counter::forced_reclaims);
    release_ghosts();
    // One block less in use need not make a frame free: the spare ones may be in use, too.
    const auto take_all = [this](bool in_instruction) {
      while (frames_.free() == 0 && !failed() &&
             take_some(forced_batch, Urgency::forced, in_instruction) != 0) {
      }
    };
    take_all(true);
    // A channel holds no pointers, and every CPU is between two instructions.
    if (cpu == CMMA_NOT_A_CPU) take_all(false);
    made = frames_.free() != 0 && !failed();
    if (!made) give_up("no frame is free, and no block may be taken away now: give the machine more frames");
  }
  machine_.resume(machine_.context, cpu);
  return made;
}

std::size_t Host::take_some(std::size_t want, Urgency urgency, bool in_instruction) {
  // Without reports of missing pages a block that has left could not be told from one of zeros.
  if (!os_->demand()) return 0;
  View view(*this, in_instruction);
  victims_.clear();
  policy_->pick(view, want, urgency, victims_);
  return take_away(victims_);
}

std::size_t Host::take_away(std::vector<Block>& victims) {
  std::ranges::sort(victims);
  victims.erase(std::ranges::unique(victims).begin(), victims.end());
  std::erase_if(victims, [this](Block block) { return leave_without_write(block); });
  if (!victims.empty()) {
    each_run(victims, write_limit, [this](std::span<const Block> run) { write_out(run); });
    std::ranges::sort(gone_);
  }
  const std::size_t taken = gone_.size();
  finish_taking();
  return taken;
}

// Does the block leave without being written? (Also true if it has left already.)
bool Host::leave_without_write(Block block) {
  for (;;) {
    const Byte now = load(block);
    const bool changed =
        state::usage_of(now) == Usage::potential && machine_.changed(machine_.context, block) != 0;
    const auto eviction = state::evict(now, changed);
    if (!eviction) return true;
    const bool keeps = eviction->action == HostAction::page_out;
    if (eviction->action == HostAction::discard) audit(block);
    if (keeps && (!os_->demand() || !store_.matches(block, content(block)))) return false;
    if (!swap(block, now, eviction->next)) continue;
    gone_.push_back(block);
    counters_.add(Counter::writes_avoided);
    if (keeps) {
      counters_.add(Counter::copies_reused);
      note(EventKind::page_out, block, now, eviction->next, CMMA_NOT_A_CPU);
      return true;
    }
    store_.drop(block);
    machine_.reset_reference_change(machine_.context, block);
    const bool drops = eviction->action == HostAction::drop;
    const bool is_potential = state::usage_of(now) == Usage::potential;
    const Counter discards = is_potential ? Counter::discards_potential : Counter::discards_volatile;
    counters_.add(drops ? Counter::drops_unused : discards);
    note(drops ? EventKind::drop : EventKind::discard, block, now, eviction->next, CMMA_NOT_A_CPU);
    return true;
  }
}

// Adjacent blocks whose content must be kept.
void Host::write_out(std::span<const Block> run) {
  if (failed() || !os_->demand()) return;
  if (auto written = store_.write(run.front(), content(run.front(), run.size())); !written) {
    counters_.add(Counter::store_errors);
    give_up(std::move(written.error()));
    return;
  }
  for (const Block block : run) {
    const Byte now = load(block);
    const auto eviction = state::evict(now, true);
    // With the machine quiesced nothing changes a state; should it, the block stays and has a good copy.
    if (!eviction || eviction->action != HostAction::page_out || !swap(block, now, eviction->next)) continue;
    gone_.push_back(block);
    counters_.add(Counter::page_outs);
    note(EventKind::page_out, block, now, eviction->next, CMMA_NOT_A_CPU);
  }
}

// The blocks in `gone_` have left by their state bytes; now their memory does, and their frames are free.
void Host::finish_taking() {
  each_run(gone_, gone_.size(), [this](std::span<const Block> run) {
    const int error = os_->release(run.front() * CMMA_BLOCK_SIZE, run.size() * CMMA_BLOCK_SIZE);
    state::check(error == 0, "F1: memory can be given back");
  });
  if (!gone_.empty()) exhausted_ = false;
  frames_.give(gone_.size());
  tick(gone_.size(), CMMA_NOT_A_CPU);
  gone_.clear();
}

// The policy asked for these when ESSA changed their states; they may have changed since.
void Host::take_due() {
  const auto is_due = [this](Block block) {
    const Byte now = load(block);
    if (!state::is_resident(now)) return false;
    const std::uint8_t at_once = at_once_.at(now & state::pair_mask);
    if (at_once == 0) return false;
    const bool changed =
        state::usage_of(now) == Usage::potential && machine_.changed(machine_.context, block) != 0;
    return (at_once >> static_cast<unsigned>(changed) & 1) != 0 &&
           machine_.exempt(machine_.context, block) == 0;
  };
  if (due_all_) {
    due_.clear();
    for (Block block = 0; block < blocks(); ++block) {
      if (at_once_.at(load(block) & state::pair_mask) != 0) due_.push_back(block);
    }
    due_all_ = false;
  }
  if (due_.empty()) return;
  victims_.clear();
  std::ranges::copy_if(due_, std::back_inserter(victims_), is_due);
  std::erase_if(victims_, [this](Block block) {
    return state::usage_of(load(block)) != Usage::unused && policy_->spares();
  });
  due_.clear();
  take_away(victims_);
}

}  // namespace cmma::host
