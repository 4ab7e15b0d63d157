// Behind an interesting event: where the run is then, and which triggers that reaches.
//
// An exploration has thousands of triggers, each behind the event of its number. They are not looked at for
// each event but come in the order of these numbers.
#include <algorithm>
#include <tuple>

#include "race/engine.hpp"

namespace cmma::race {

void Engine::event(const cmma_event& event) {
  now_ = {.cpu = event.cpu,
          .instructions = event.instructions,
          .last_event = event.index,
          .event_cpu = event.cpu,
          .event_instructions = event.instructions,
          .drawn = false,
          .address = event.address,
          .event = &event};
  note_event(event);
  if (event.kind == CMMA_EVENT_ESSA && event.cpu >= 0 && event.cpu < cpu_limit)
    last_essa_[static_cast<std::size_t>(event.cpu)] = event.block;
  if (hold_ && event.cpu == hold_->cpu) {
    if (hold_->end != never) hold_->end = event.instructions + hold_limit;
    if (hold_->stay == 1) {
      end_switch();
    } else if (hold_->stay != 0) {
      --hold_->stay;
    }
  }
  look_for_broken(event);
  if (recorder_) recorder_->event(event);
  check_points();
  pass_events();
  now_.event = nullptr;
}

// Nothing but the number of an event decides about it, it fires once, and what it does leaves alone what has
// to be watched.
bool Engine::is_numbered(const Trigger& trigger) {
  const auto* const at = std::get_if<AtEvent>(&trigger.place);
  const bool for_a_block = trigger.action == Action::discard || trigger.action == Action::page_out ||
                           trigger.action == Action::page_in || trigger.action == Action::drop;
  return at != nullptr && *at == AtEvent{} && !trigger.cpu && trigger.name.empty() && trigger.after.empty() &&
         trigger.nth != 0 && trigger.count == 1 && for_a_block;
}

void Engine::list_by_event() {
  events_ = 0;
  numbered_.clear();
  next_numbered_ = 0;
  conditional_.clear();
  for (std::size_t i = 0; i < armed_.size(); ++i) {
    if (armed_[i].numbered) {
      numbered_.push_back(i);
    } else if (std::holds_alternative<AtEvent>(armed_[i].trigger.place)) {
      conditional_.push_back(i);
    }
  }
  std::ranges::sort(numbered_, {}, [this](std::size_t i) { return std::tuple{armed_[i].trigger.nth, i}; });
}

// In the order of the file.
void Engine::pass_events() {
  ++events_;
  std::size_t due = next_numbered_;
  const auto is_due = [this](std::size_t i) { return armed_[i].trigger.nth == events_; };
  while (next_numbered_ < numbered_.size() && is_due(numbered_[next_numbered_])) ++next_numbered_;
  const std::size_t end = next_numbered_;
  const auto pass_numbered = [&] {
    Armed& armed = armed_[numbered_[due++]];
    armed.tally.reached = events_;
    fire(armed);
  };
  for (const std::size_t i : conditional_) {
    while (due != end && numbered_[due] < i) pass_numbered();
    const auto& at = std::get<AtEvent>(armed_[i].trigger.place);
    if (at.kind == 0 || at.kind == now_.event->kind) pass_event(armed_[i], at);
  }
  while (due != end) pass_numbered();
}

void Engine::pass_event(Armed& armed, const AtEvent& at) {
  if (at.detail && *at.detail != now_.event->detail) return;
  if (at.operand && *at.operand >> CMMA_BLOCK_SHIFT != now_.event->block) return;
  pass(armed);
}

Engine::Tally Engine::tally(std::size_t trigger) const {
  const Armed& armed = armed_.at(trigger);
  Tally tally = armed.tally;
  if (armed.numbered && armed.fired() == 0) tally.reached = events_;
  return tally;
}

void Engine::note_event(const cmma_event& event) {
  const bool of_the_host = event.kind >= CMMA_EVENT_DISCARD && event.kind <= CMMA_EVENT_DROP;
  story_.event({.cpu = of_the_host ? -1 : event.cpu,
                .event = event.index,
                .instructions = event.instructions,
                .address = event.address,
                .what = event,
                .text = {}});
}

}  // namespace cmma::race
