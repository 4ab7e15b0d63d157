#include "cli/race_campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "cli/race_shrink.hpp"
#include "cli/race_table.hpp"
#include "cli/stop_request.hpp"
#include "race/kinds.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

race::Action action_of(std::string_view name) {
  if (name == "page-out") return race::Action::page_out;
  if (name == "page-in") return race::Action::page_in;
  if (name == "drop") return race::Action::drop;
  return race::Action::discard;
}

// What is tried, as the options say it. `last` is the last event. Not for `uses`.
std::unique_ptr<race::Planner> planner_of(const ExploreAsked& asked, const race::AtEvent& event,
                                          unsigned cpus, std::uint64_t last) {
  const race::Action action = action_of(asked.action);
  if (asked.plan == "nth") {
    // Of an event without a block: that of the CPU's last ESSA.
    const race::Kind* const kind = race::kind_of(event.kind);
    const bool has_block = kind != nullptr && kind->has_block;
    const race::BlockChoice block = has_block ? race::BlockChoice{race::EventBlock{}} : race::LastEssa{};
    return race::plan_nth(
        {.first = asked.first, .last = last, .event = event, .deed = {.action = action, .block = block}});
  }
  const std::vector<race::Deed> choices{
      {.action = action,
       .block = asked.block == "last-essa" ? race::BlockChoice{race::LastEssa{}} : race::AnyVolatile{}}};
  if (asked.plan == "bounded") {
    return race::plan_bounded({.first = asked.first,
                               .last = last,
                               .switches = asked.switches,
                               .cpus = cpus,
                               .stay = asked.stay,
                               .deeds = asked.deeds,
                               .choices = choices});
  }
  return race::plan_random(
      {.first = asked.first, .last = last, .rate = asked.rate, .seeds = asked.seeds, .choices = choices});
}

// What makes this another campaign than that of the same plans with the scenario as it is.
std::string name_of(const race::Scenario& scenario, const ExploreAsked& asked) {
  return scenario.name + (asked.guarded ? ", guarded" : "") + (asked.alone ? ", without its triggers" : "");
}

// How the intervals end, most frequent first: "500 with access, 40 with essa".
std::string endings_of(const std::vector<race::UseInterval>& intervals) {
  std::map<std::string, std::uint64_t> counts;
  for (const race::UseInterval& one : intervals) ++counts[one.ended_by];
  std::vector<std::pair<std::uint64_t, std::string>> sorted;
  sorted.reserve(counts.size());
  for (const auto& [ending, count] : counts) sorted.emplace_back(count, ending);
  std::ranges::sort(sorted, std::greater{});
  std::string text;
  for (const auto& [count, ending] : sorted)
    text += fmt::format("{}{} with {}", text.empty() ? "" : ", ", count, ending);
  return text;
}

race::AtEvent event_of(const ExploreAsked& asked) {
  // Counted by other plans are events of any kind: a place for a switch or a deed is behind each.
  if (asked.plan != "nth" || asked.event == "any") return {};
  return {.kind = race::kind_named(asked.event)->number, .detail = asked.detail, .operand = {}};
}

}  // namespace

void Campaign::show(std::uint64_t plans, const race::Result& result) {
  ++ran_;
  if (!result.signature.empty()) signatures_.insert(result.signature);
  if (seconds_since(shown_) < 1 && ran_ != plans) return;
  shown_ = Clock::now();
  const double rate = static_cast<double>(ran_) / seconds_since(began_);
  fmt::print(stderr, "{} of {} runs, {:.1f} a second, {:.0f} s left, {} ways to fail\n", ran_, plans, rate,
             static_cast<double>(plans - std::min(plans, ran_)) / rate, signatures_.size());
}

// The smallest run of each failure: to be replayed, and what the guest said.
void Campaign::keep(std::uint64_t plan, const race::Result& result, const fs::path& schedule,
                    const fs::path& console) {
  const auto kept = kept_.offer(plan, result, schedule, console);
  if (kept && !*kept) return;
  fmt::print(stderr, "plan {}: {}\n", plan, result.signature);
  if (kept)
    fmt::print(stderr, "  cmma race replay {}\n", kept_.schedule(plan).string());
  else
    fmt::print(stderr, "cmma: {}\n", kept.error());
}

// Plans with many triggers come with some that are not needed. The console that was kept may have more in it
// then.
void Campaign::shrink_kept(const race::Scenario& scenario, const race::Planner& planner,
                           Window& window) const {
  WindowTrials trials(window);
  for (const auto& [signature, plan] : kept_.plans()) {
    const fs::path file = kept_.small_schedule(plan);
    const auto triggers = planner.plan(plan);
    if (triggers.size() < 2 || fs::exists(file)) continue;
    const auto shrunk = shrink(triggers, trials);
    auto written = shrunk ? std::expected<void, std::string>{} : std::unexpected(shrunk.error());
    if (written) written = write_shrunk(scenario, *shrunk, file.string());
    if (!written) {
      fmt::print(stderr, "cmma: plan {} cannot be made smaller: {}\n", plan, written.error());
      continue;
    }
    fmt::print(stderr, "plan {} in small: {} steps, found in {} runs\n  cmma race replay {}\n", plan,
               shrunk->schedule.triggers.size(), shrunk->runs, file.string());
  }
}

Campaign::Planned Campaign::plan_events(Window& window, unsigned cpus) {
  const auto events = window.count(event_of(asked_));
  if (!events) return std::unexpected(events.error());
  fmt::print(stderr, "it has {} events of this kind\n", *events);
  const std::uint64_t last = asked_.last == 0 ? *events : std::min(asked_.last, *events);
  if (last < asked_.first) return std::unexpected("--first is behind the window's end");
  planner_ = planner_of(asked_, event_of(asked_), cpus, last);
  return {};
}

Campaign::Planned Campaign::plan_uses(Window& window) {
  const auto start = Clock::now();
  auto intervals = window.uses();
  if (!intervals) return std::unexpected(std::move(intervals.error()));
  std::uint64_t places = 0;
  std::set<std::uint64_t> blocks;
  for (const race::UseInterval& one : *intervals) {
    places += one.places;
    blocks.insert(one.block);
  }
  fmt::print(stderr,
             "{} blocks could be discarded, at {} places in all; by their uses these are {} intervals ({}), "
             "recorded in {:.1f} s\n",
             blocks.size(), places, intervals->size(), endings_of(*intervals), seconds_since(start));
  const std::uint64_t last =
      asked_.last == 0 ? intervals->size() : std::min<std::uint64_t>(asked_.last, intervals->size());
  if (last < asked_.first)
    return std::unexpected(intervals->empty() ? "no block could be discarded in the window"
                                              : "--first is behind the last interval");
  planner_ = race::plan_uses({.intervals = std::move(*intervals),
                              .first = asked_.first,
                              .last = last,
                              .early = asked_.early,
                              .most = asked_.most});
  return {};
}

std::expected<race::Results, std::string> Campaign::in_window(const race::Scenario& scenario) {
  auto window = Window::open(scenario, {.folder = scratch_.path, .jobs = asked_.jobs, .limit = asked_.limit});
  if (!window) return std::unexpected(std::move(window.error()));
  const double boot = seconds_since(began_);
  fmt::print(stderr, "the guest came to its window in {:.1f} s; ", boot);
  const Planned planned =
      asked_.plan == "uses" ? plan_uses(**window) : plan_events(**window, scenario.boot.cpus);
  if (!planned) return std::unexpected(planned.error());
  const race::Range range = race::part_of(planner_->count(), asked_.part, asked_.parts);
  began_ = Clock::now();
  auto results = race::explore(*planner_, name_of(scenario, asked_) + " in its window", range, asked_.results,
                               **window, [&](std::uint64_t plan, const race::Result& result) {
                                 keep(plan, result, (*window)->schedule(), (*window)->console());
                                 show(range.to - range.from, result);
                                 return stop_requested() == 0;
                               });
  const double took = seconds_since(began_);
  if (results && stop_requested() == 0) shrink_kept(scenario, *planner_, **window);
  if (results && ran_ != 0) {
    const double each = took / static_cast<double>(ran_);
    fmt::print("{} runs, {:.1f} a second; booting for each would take {:.0f} times as long\n", ran_, 1 / each,
               (boot / asked_.jobs + each) / each);
  }
  return results;
}

std::expected<race::Results, std::string> Campaign::with_boots(const race::Scenario& scenario) {
  planner_ = planner_of(asked_, event_of(asked_), scenario.boot.cpus, asked_.last);
  BootTrials trials(scenario, scratch_.path);
  const auto run = [&](const std::vector<race::Trigger>& triggers) {
    auto all = scenario.triggers;
    all.insert(all.end(), triggers.begin(), triggers.end());
    return trials.run(all);
  };
  const race::Range range = race::part_of(planner_->count(), asked_.part, asked_.parts);
  return race::explore(*planner_, name_of(scenario, asked_), range, asked_.results, run,
                       [&](std::uint64_t plan, const race::Result& result) {
                         keep(plan, result, trials.schedule(), trials.console());
                         show(range.to - range.from, result);
                         return stop_requested() == 0;
                       });
}

void append_to_table(const race::Scenario& scenario, const ExploreAsked& asked, const race::Planner& planner,
                     const race::Results& results) {
  const std::string mode = (asked.guarded ? "guarded " : "") + asked.plan;
  for (const auto& [plan, result] : results.by_plan) {
    append_table_line(asked.json, {.race = scenario.race,
                                   .scenario = scenario.name,
                                   .mode = mode,
                                   .seed = plan,
                                   .result = result,
                                   .expected = result.signature == scenario.expect,
                                   .places = planner.places(plan)});
  }
}

}  // namespace cmma::cli
