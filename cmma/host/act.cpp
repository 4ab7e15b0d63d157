// Single actions on single blocks: what the operator and the race engine ask for. The machine is quiesced.
#include "host/host.hpp"

namespace cmma::host {

using state::HostAction;
using state::Usage;

namespace {

// The operator's verb for an action.
std::string_view verb_of(HostAction action) {
  switch (action) {
    case HostAction::page_out:
      return "pageout";
    case HostAction::page_in:
    case HostAction::supply_zero:
      return "pagein";
    case HostAction::discard:
    case HostAction::drop:
      return "discard";
  }
  return "discard";
}

// The operator's verbs leave open what the state decides. An action of a scenario does not.
std::optional<std::string> mismatch(HostAction action, Byte now) {
  const bool resident = state::is_resident(now);
  const bool unused = state::usage_of(now) == Usage::unused;
  if (action == HostAction::page_in && resident) return "the block is resident";
  if (action == HostAction::discard && resident && unused) return "the block is unused: it can be dropped";
  if (action == HostAction::drop && resident && !unused) return "the block is not unused";
  return std::nullopt;
}

}  // namespace

Host::Acted Host::act(HostAction action, Block block) {
  if (block >= blocks()) return {.obstacle = "the block is outside main storage"};
  Acted acted;
  machine_.quiesce(machine_.context, CMMA_NOT_A_CPU);
  {
    const Section section(*this);
    acted.before = load(block);
    acted.obstacle = mismatch(action, acted.before);
    if (!acted.obstacle) acted.obstacle = act_locked(verb_of(action), block);
    acted.after = load(block);
  }
  machine_.resume(machine_.context, CMMA_NOT_A_CPU);
  return acted;
}

std::optional<std::string> Host::act_locked(std::string_view verb, Block block) {
  if (failed()) return "the host has failed";
  const Byte now = load(block);
  if (verb == "pagein") {
    if (state::is_resident(now)) return std::nullopt;
    for (const auto& [action, access] : {std::pair{HostAction::page_in, state::Access::page_in},
                                         std::pair{HostAction::supply_zero, state::Access::zero_frame}}) {
      const auto next = state::host_action(now, action, false);
      if (!next) continue;
      if (supply(block, now, *next, access, CMMA_NOT_A_CPU) == Supplied::done) return std::nullopt;
      return "no frame is free";
    }
    return "the block has no content";
  }
  if (machine_.exempt(machine_.context, block) != 0) return "the machine uses the block without asking";
  const auto eviction = state::evict(now, machine_.changed(machine_.context, block) != 0);
  if (!eviction) return "the block has no frame";
  const bool keeps = eviction->action == HostAction::page_out;
  if (verb == "discard" && keeps) return "the content must be kept";
  if (verb == "pageout" && !keeps) return "the content need not be kept";
  if (keeps && !os_->demand()) return os_->demand_note();
  victims_.assign(1, block);
  take_away(victims_);
  if (state::is_resident(load(block))) return "the paging store failed";
  return std::nullopt;
}

}  // namespace cmma::host
