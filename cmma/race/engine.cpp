#include "race/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "race/kinds.hpp"
#include "state/block_state.hpp"
#include "state/check.hpp"

namespace cmma::race {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
// A trigger without end that is refused each time would otherwise flood the console.
constexpr std::uint64_t refusals_said = 5;
// A CPU that has run alone for so many instructions without an event waits for another (G4).
constexpr std::uint64_t hold_limit = 200'000;

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

std::expected<std::unique_ptr<Engine>, std::string> Engine::open(Scenario scenario,
                                                                 std::unique_ptr<Symbols> symbols,
                                                                 host::Host& host,
                                                                 const cmma_control& control) {
  std::unique_ptr<Engine> engine{new Engine(host, control, std::move(symbols))};
  if (auto good = engine->plan(std::move(scenario)); !good) return std::unexpected(std::move(good.error()));
  return engine;
}

std::expected<void, std::string> Engine::plan(Scenario scenario) {
  auto armed = arm(scenario);
  if (!armed) return std::unexpected(std::move(armed.error()));
  scenario_ = std::move(scenario);
  armed_ = std::move(*armed);
  set_watch();
  return {};
}

std::expected<std::vector<Engine::Armed>, std::string> Engine::arm(const Scenario& scenario) const {
  std::vector<Armed> all;
  for (const Trigger& trigger : scenario.triggers) {
    const auto resolve = [&](const std::string& where) -> std::expected<std::uint64_t, std::string> {
      if (!symbols_)
        return std::unexpected(fmt::format("{}:{}: '{}': no symbols", scenario.file, trigger.line, where));
      auto address = symbols_->address_of(where);
      if (!address)
        return std::unexpected(fmt::format("{}:{}: {}", scenario.file, trigger.line, address.error()));
      return address;
    };
    Armed armed{.trigger = trigger, .address = {}, .until = {}, .after = {}, .tally = {}};
    if (const auto* const at = std::get_if<AtAddress>(&trigger.place)) {
      if (const auto* const name = std::get_if<std::string>(&at->where)) {
        const auto address = resolve(*name);
        if (!address) return std::unexpected(address.error());
        armed.address = *address;
      } else {
        armed.address = std::get<std::uint64_t>(at->where);
      }
    }
    if (trigger.until) {
      const auto address = resolve(*trigger.until);
      if (!address) return std::unexpected(address.error());
      armed.until = *address;
    }
    if (!trigger.after.empty()) {
      const auto earlier =
          std::ranges::find_if(all, [&](const Armed& other) { return other.trigger.name == trigger.after; });
      state::check(earlier != all.end(), "S2: the trigger of `after` is there");
      armed.after = static_cast<std::size_t>(earlier - all.begin());
    }
    all.push_back(std::move(armed));
  }
  return all;
}

// ---- where the run is -------------------------------------------------------------------------------------

void Engine::event(const cmma_event& event) {
  now_ = {.cpu = event.cpu,
          .instructions = event.instructions,
          .last_event = event.index,
          .address = event.address,
          .event = &event};
  story_.event({.cpu = event.kind >= CMMA_EVENT_DISCARD && event.kind <= CMMA_EVENT_DROP ? -1 : event.cpu,
                .event = event.index,
                .instructions = event.instructions,
                .address = event.address,
                .what = event,
                .text = {}});
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
  check_points();
  for (Armed& armed : armed_) {
    const auto* const at = std::get_if<AtEvent>(&armed.trigger.place);
    if (at == nullptr || (at->kind != 0 && at->kind != event.kind)) continue;
    if (at->detail && *at->detail != event.detail) continue;
    if (at->operand && *at->operand >> CMMA_BLOCK_SHIFT != event.block) continue;
    pass(armed);
  }
  now_.event = nullptr;
}

void Engine::address(int cpu, std::uint64_t address, std::uint64_t instructions) {
  now_.cpu = cpu;
  now_.instructions = instructions;
  now_.address = address;
  if (hold_ && hold_->until == address && hold_->cpu == cpu) end_switch();
  check_points();
  for (Armed& armed : armed_) {
    if (armed.address == address) pass(armed);
  }
}

void Engine::reached(int cpu, std::uint64_t instructions) {
  now_.cpu = cpu;
  now_.instructions = instructions;
  now_.address = cpu >= 0 ? control_.psw_address(control_.context, cpu) : 0;
  check_points();
}

bool Engine::waits(const Armed& armed) const { return armed.after && armed_[*armed.after].fired() == 0; }

bool Engine::can_fire(const Armed& armed) const {
  if (waits(armed)) return false;
  if (armed.trigger.cpu && *armed.trigger.cpu != now_.cpu) return false;
  return armed.trigger.count == 0 || armed.fired() < armed.trigger.count;
}

void Engine::pass(Armed& armed) {
  if (!can_fire(armed)) return;
  if (++armed.tally.reached >= armed.trigger.nth) fire(armed);
}

void Engine::check_points() {
  if (now_.instructions < watch_.deadline) return;
  if (hold_ && now_.instructions >= hold_->end) end_switch();
  for (Armed& armed : armed_) {
    const auto* const at = std::get_if<AtPoint>(&armed.trigger.place);
    if (at == nullptr || armed.fired() != 0 || armed.tally.missed || now_.instructions < at->instructions)
      continue;
    const std::uint64_t event = at->after_event.value_or(now_.last_event);
    if (now_.instructions == at->instructions && now_.last_event == event) {
      pass(armed);
    } else if (now_.instructions > at->instructions || now_.last_event > event) {
      armed.tally.missed = true;
      say(fmt::format("race: this is not the run of the schedule: at {} nothing did '{}'", place(),
                      describe(armed.trigger)));
    }
  }
  set_watch();
}

std::string Engine::place() const {
  return fmt::format("instruction {}, behind event {}", now_.instructions, now_.last_event);
}

void Engine::set_watch() {
  watch_ = {};
  watch_.deadline = never;
  const auto let_through = [this](std::uint64_t address) {
    const std::uint64_t hash = (address >> 1) ^ (address >> 13);
    watch_.address[hash >> 6 & (CMMA_WATCH_WORDS - 1)] |= std::uint64_t{1} << (hash & 63);
  };
  if (hold_) watch_.deadline = hold_->end;
  if (hold_ && hold_->until) let_through(*hold_->until);
  for (const Armed& armed : armed_) {
    if (armed.trigger.count != 0 && armed.fired() >= armed.trigger.count) continue;
    // The machine is slow while it looks at each instruction: not before it can be of use.
    if (armed.address && !waits(armed)) let_through(*armed.address);
    const auto* const at = std::get_if<AtPoint>(&armed.trigger.place);
    if (at != nullptr && !armed.tally.missed) watch_.deadline = std::min(watch_.deadline, at->instructions);
  }
}

// ---- what is done -----------------------------------------------------------------------------------------

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
  const bool of_the_guest = action == Action::print || action == Action::stop;
  story_.action({.cpu = of_the_guest ? now_.cpu : -1,
                 .event = now_.last_event,
                 .instructions = now_.instructions,
                 .address = of_the_guest ? now_.address : 0,
                 .what = {},
                 .text = "* " + text});
  set_watch();
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
      break;
  }
  std::string line =
      fmt::format("race: cpu{} at {:x} {}, {}", now_.cpu, now_.address, name_of(now_.address), place());
  if (now_.event != nullptr) line += ", " + describe(*now_.event);
  if (!trigger.text.empty()) line += ": " + trigger.text;
  if (trigger.action == Action::print) {
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

// In a schedule a switch has no end of its own: the release is a step too.
void Engine::note_step(Trigger step) {
  step.place = AtPoint{.instructions = now_.instructions, .after_event = now_.last_event};
  if (now_.cpu >= 0) step.cpu = now_.cpu;
  steps_.push_back(std::move(step));
}

// ---- invariants -------------------------------------------------------------------------------------------

void Engine::look_for_broken(const cmma_event& event) {
  constexpr std::uint32_t set_storage_key_extended = 0xb22b;
  if (event.kind == CMMA_EVENT_ESSA) host_.see_essa(event.block, event.detail);
  if (event.kind == CMMA_EVENT_STORAGE_KEY && event.detail == set_storage_key_extended)
    host_.see_key_set(event.block);
  if (!found_.empty()) return;
  const auto broken = host_.broken();
  if (!broken) return;
  note_broken(*broken);
  // What follows would only hide it.
  control_.stop(control_.context, fmt::format("race: at {}: {}", place(), found_).c_str());
}

void Engine::finish() {
  if (!found_.empty() || !host_.options().invariants) return;
  auto broken = host_.broken();
  if (!broken) broken = host_.look_at_all();
  if (broken) note_broken(*broken);
}

void Engine::note_broken(const host::Broken& broken) {
  found_ = "invariant: " + broken.rule;
  const std::string text =
      fmt::format("{}: block {:#x} {}", found_, broken.block << CMMA_BLOCK_SHIFT, broken.detail);
  say(fmt::format("race: at {}: {}", place(), text));
  story_.action({.cpu = -1,
                 .event = now_.last_event,
                 .instructions = now_.instructions,
                 .address = 0,
                 .what = {},
                 .text = "* " + text});
}

// ---- what happened ----------------------------------------------------------------------------------------

Scenario Engine::schedule() const {
  Scenario schedule = scenario_;
  schedule.triggers = steps_;
  schedule.found = found_;
  return schedule;
}

// A schedule has hundreds of steps: only those that were not done have a line each.
std::vector<std::string> Engine::summary() const {
  std::vector<std::string> lines;
  std::uint64_t steps = 0;
  std::uint64_t done = 0;
  for (const Armed& armed : armed_) {
    const Tally& tally = armed.tally;
    if (std::holds_alternative<AtPoint>(armed.trigger.place)) {
      ++steps;
      done += tally.done;
      if (tally.done != 0) continue;
    }
    std::string_view remark;
    if (tally.missed) {
      remark = ": the run got past it";
    } else if (tally.reached == 0) {
      remark = ": never reached";
    } else if (armed.fired() == 0) {
      remark = ": not reached often enough";
    }
    lines.push_back(fmt::format("race: {} (line {}): reached {}, done {}, refused {}{}",
                                describe(armed.trigger), armed.trigger.line, tally.reached, tally.done,
                                tally.refused, remark));
  }
  if (steps != 0) lines.push_back(fmt::format("race: of {} steps of the schedule {} were done", steps, done));
  return lines;
}

}  // namespace cmma::race
