// What a trigger of the race engine does when it fires: to a block, to the CPUs, or only a line to read. Each
// thing done is a step of the schedule, too (G1, G2, G4 of engine.hpp).
#include <fmt/format.h>

#include <utility>

#include "race/engine.hpp"
#include "race/kinds.hpp"
#include "state/block_state.hpp"

namespace cmma::race {
namespace {

// A trigger without end that is refused each time would otherwise flood the console.
constexpr std::uint64_t refusals_said = 5;

state::HostAction host_action(Action action) {
  switch (action) {
    case Action::page_out:
      return state::HostAction::page_out;
    case Action::page_in:
      return state::HostAction::page_in;
    case Action::drop:
      return state::HostAction::drop;
    default:
      return state::HostAction::discard;
  }
}

}  // namespace

void Engine::fire(Armed& armed) {
  const Outcome outcome = act(armed);
  std::string text;
  if (outcome) {
    ++armed.tally.done;
    text = *outcome;
  } else {
    ++armed.tally.refused;
    text = fmt::format("NOT DONE: {}: {}", describe(armed.trigger), outcome.error());
    if (armed.tally.refused <= refusals_said) say(fmt::format("race: at {}: {}", place(), text));
  }
  const Action action = armed.trigger.action;
  const bool of_the_guest = action == Action::print || action == Action::stop || action == Action::monitor;
  story_.action({.cpu = of_the_guest ? now_.cpu : -1,
                 .event = now_.last_event,
                 .instructions = now_.instructions,
                 .address = of_the_guest ? now_.address : 0,
                 .what = {},
                 .text = "* " + text});
  if (!armed.numbered) set_watch();
}

Engine::Outcome Engine::act(const Armed& armed) {
  const Trigger& trigger = armed.trigger;
  switch (trigger.action) {
    case Action::discard:
    case Action::page_out:
    case Action::page_in:
    case Action::drop:
      return act_on_block(armed);
    case Action::switch_cpu:
      return switch_cpu(armed);
    case Action::release:
      if (!hold_) return std::unexpected("no switch is in force");
      end_hold();
      return "release";
    case Action::timer: {
      const int cpu = trigger.to.value_or(now_.cpu);
      if (cpu < 0 || control_.timer(control_.context, cpu) == 0)
        return std::unexpected("there is no such CPU, or it is stopped");
      Trigger step;
      step.action = Action::timer;
      step.to = cpu;
      note_step(step);
      return fmt::format("timer for cpu{}", cpu);
    }
    case Action::stop:
    case Action::print:
    case Action::monitor:
      break;
  }
  std::string line =
      fmt::format("race: cpu{} at {:x} {}, {}", now_.cpu, now_.address, name_of(now_.address), place());
  if (now_.event != nullptr) line += ", " + describe(*now_.event);
  if (!trigger.text.empty()) line += ": " + trigger.text;
  if (trigger.action == Action::monitor) {
    if (control_.monitor(control_.context) == 0)
      return std::unexpected(R"(the machine has no gdb server (options = ["--gdb", "PORT"]))");
    say(line);
  } else if (trigger.action == Action::print) {
    say(line);
  } else {
    Trigger step;
    step.action = Action::stop;
    step.text = trigger.text;
    note_step(step);
    control_.stop(control_.context, line.c_str());
  }
  return fmt::format("{} {}", action_name(trigger.action), trigger.text);
}

Engine::Outcome Engine::act_on_block(const Armed& armed) {
  const Action action = armed.trigger.action;
  const auto block = block_of(*armed.trigger.block);
  if (!block) return std::unexpected(block.error());
  const host::Host::Acted acted = host_.act(host_action(action), *block);
  if (acted.obstacle) {
    return std::unexpected(fmt::format("block {:#x} ({}): {}", *block << CMMA_BLOCK_SHIFT,
                                       state::to_text(acted.before), *acted.obstacle));
  }
  Trigger step;
  step.action = action;
  step.block = *block << CMMA_BLOCK_SHIFT;
  note_step(step);
  return fmt::format("{} {:#x}: {} -> {}", action_name(action), *block << CMMA_BLOCK_SHIFT,
                     state::to_text(acted.before), state::to_text(acted.after));
}

Engine::Outcome Engine::switch_cpu(const Armed& armed) {
  const int cpu = *armed.trigger.to;
  if (control_.run_only(control_.context, cpu) == 0)
    return std::unexpected("there is no such CPU, or it cannot run now");
  const bool ends_itself = armed.trigger.stay != 0 || armed.until;  // in a schedule there is a release
  hold_ = {.cpu = cpu,
           .stay = armed.trigger.stay,
           .until = armed.until,
           .end = ends_itself ? now_.instructions + hold_limit : never,
           .back = {}};
  if (ends_itself && now_.cpu != cpu && now_.cpu >= 0) hold_->back = now_.cpu;
  note_switch(cpu);
  return fmt::format("switch to cpu{}", cpu);
}

void Engine::end_switch() {
  const std::optional<int> back = hold_->back;
  if (!back || control_.run_only(control_.context, *back) == 0) {
    end_hold();
    return;
  }
  hold_ = {.cpu = *back, .stay = 1, .until = {}, .end = now_.instructions + hold_limit, .back = {}};
  note_switch(*back);
  set_watch();
}

void Engine::note_switch(int cpu) {
  Trigger step;
  step.action = Action::switch_cpu;
  step.to = cpu;
  note_step(step);
}

void Engine::end_hold() {
  hold_.reset();
  control_.run_only(control_.context, CMMA_NOT_A_CPU);
  Trigger step;
  step.action = Action::release;
  note_step(step);
  set_watch();
}

// In a schedule a switch has no end of its own: the release is a step too. Between an event and the next
// instruction of its CPU it is drawn who goes on: what is done there is not done before.
void Engine::note_step(Trigger step) {
  step.place = AtPoint{.instructions = now_.instructions,
                       .after_event = now_.last_event,
                       .drawn = now_.drawn && is_behind_event()};
  if (now_.cpu >= 0) step.cpu = now_.cpu;
  steps_.push_back(std::move(step));
}

}  // namespace cmma::race
