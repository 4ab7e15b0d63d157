// Where a run is, and which triggers that reaches. What they do then is in actions.cpp; what concerns events
// is in events.cpp, accesses to blocks in accesses.cpp.
#include "race/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "state/check.hpp"

namespace cmma::race {

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
  if (auto good = check_blocks(scenario); !good) return good;
  if (!scenario.uses.empty() && host_.options().policy != "none")
    return std::unexpected(scenario.file + ": uses are recorded with the policy none only");
  if (!scenario.uses.empty() && !recorder_) {
    host_.note_uses();
    recorder_.emplace(host_, control_);
  }
  scenario_ = std::move(scenario);
  armed_ = std::move(*armed);
  list_by_event();
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
    Armed armed{.trigger = trigger,
                .address = {},
                .until = {},
                .after = {},
                .numbered = is_numbered(trigger),
                .tally = {}};
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

void Engine::address(int cpu, std::uint64_t address, std::uint64_t instructions) {
  now_.cpu = cpu;
  now_.instructions = instructions;
  now_.address = address;
  now_.drawn = true;
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
  now_.drawn = true;
  // Before anything is done here: a step with this place would come first.
  if (recorder_) recorder_->reached({.instructions = instructions, .event = now_.last_event});
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
  if (now_.instructions < due_) return;
  if (hold_ && now_.instructions >= hold_->end) end_switch();
  for (Armed& armed : armed_) {
    const auto* const at = std::get_if<AtPoint>(&armed.trigger.place);
    if (at == nullptr || armed.fired() != 0 || armed.tally.missed || now_.instructions < at->instructions)
      continue;
    const std::uint64_t event = at->after_event.value_or(now_.last_event);
    if (now_.instructions == at->instructions && now_.last_event == event) {
      if (now_.drawn || !at->drawn) pass(armed);
    } else if (now_.instructions > at->instructions || now_.last_event > event) {
      armed.tally.missed = true;
      say(fmt::format("race: this is not the run of the schedule: at {} nothing did '{}'", place(),
                      describe(armed.trigger)));
    }
  }
  set_watch();
}

bool Engine::is_behind_event() const {
  return now_.cpu == now_.event_cpu && now_.instructions == now_.event_instructions;
}

std::string Engine::place() const {
  return fmt::format("instruction {}, behind event {}", now_.instructions, now_.last_event);
}

void Engine::set_watch() {
  std::ranges::fill(watch_.address, std::uint64_t{0});
  due_ = never;
  set_watched_blocks();
  const auto let_through = [this](std::uint64_t address) {
    const std::uint64_t hash = (address >> 1) ^ (address >> 13);
    watch_.address[hash >> 6 & (CMMA_WATCH_WORDS - 1)] |= std::uint64_t{1} << (hash & 63);
  };
  if (hold_) due_ = hold_->end;
  if (hold_ && hold_->until) let_through(*hold_->until);
  for (const Armed& armed : armed_) {
    if (armed.trigger.count != 0 && armed.fired() >= armed.trigger.count) continue;
    if (armed.address && is_live(armed)) let_through(*armed.address);
    const auto* const at = std::get_if<AtPoint>(&armed.trigger.place);
    if (at != nullptr && !armed.tally.missed) due_ = std::min(due_, at->instructions);
  }
  // Each place has to be known.
  watch_.deadline = recorder_ ? 0 : due_;
}

// The machine is slow while it looks at each instruction, or each access to a block: not before it can be of
// use.
bool Engine::is_live(const Armed& armed) const {
  return !waits(armed) && (armed.trigger.count == 0 || armed.fired() < armed.trigger.count);
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
  if (recorder_) recorder_->finish();
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
  schedule.uses.clear();
  return schedule;
}

// A schedule has hundreds of steps: only those that were not done have a line each.
std::vector<std::string> Engine::summary() const {
  std::vector<std::string> lines;
  std::uint64_t steps = 0;
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < armed_.size(); ++i) {
    const Armed& armed = armed_[i];
    const Tally tally = this->tally(i);
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
