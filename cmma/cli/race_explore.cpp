// `cmma race explore`: many placements of an action, each a run of its own, from the guest's window on or
// from its boot.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "cli/race_explore.hpp"
#include "cli/race_kept.hpp"
#include "cli/race_merge.hpp"
#include "cli/race_run.hpp"
#include "cli/race_scratch.hpp"
#include "cli/race_shrink.hpp"
#include "cli/race_table.hpp"
#include "cli/race_window.hpp"
#include "cli/stop_request.hpp"
#include "race/campaign.hpp"
#include "race/kinds.hpp"
#include "race/plans.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string file;
  std::string results;
  std::string plan = "nth";
  std::string event = "essa";
  std::optional<std::uint32_t> detail;
  std::string action = "discard";
  std::string block = "last-essa";
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  unsigned switches = 1;
  unsigned deeds = 1;
  std::uint64_t stay = 20;
  std::uint32_t rate = 655;
  std::uint64_t seeds = 200;
  unsigned jobs = 2;
  std::uint64_t limit = default_instructions;
  bool boot_each = false;
  std::uint64_t part = 0;
  std::uint64_t parts = 1;
  bool ignore_findings = false;
  bool guarded = false;
  bool alone = false;  // without the scenario's own triggers
  bool early = false;
  std::uint64_t most = ~std::uint64_t{0};
  std::string json;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

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
std::unique_ptr<race::Planner> planner_of(const Asked& asked, const race::AtEvent& event, unsigned cpus,
                                          std::uint64_t last) {
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
std::string name_of(const race::Scenario& scenario, const Asked& asked) {
  return scenario.name + (asked.guarded ? ", guarded" : "") + (asked.alone ? ", without its triggers" : "");
}

void append_to_table(const race::Scenario& scenario, const Asked& asked, const race::Planner& planner,
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

// What the runs stand for.
std::string places_of(const race::Planner& planner, const race::Results& results) {
  std::uint64_t all = 0;
  std::uint64_t failed = 0;
  for (const auto& [plan, result] : results.by_plan) {
    all += planner.places(plan);
    failed += result.signature.empty() ? 0 : planner.places(plan);
  }
  return fmt::format("they stand for {} places, {} of which fail\n", all, failed);
}

// How the intervals end, most frequent first: "500 with access, 40 with essa".
std::string endings_of(const std::vector<race::UseInterval>& intervals) {
  std::map<std::string, std::uint64_t> counts;
  for (const race::UseInterval& one : intervals) ++counts[one.ended_by];
  std::vector<std::pair<std::uint64_t, std::string>> sorted;
  for (const auto& [ending, count] : counts) sorted.emplace_back(count, ending);
  std::ranges::sort(sorted, std::greater{});
  std::string text;
  for (const auto& [count, ending] : sorted)
    text += fmt::format("{}{} with {}", text.empty() ? "" : ", ", count, ending);
  return text;
}

// A campaign with what it shows meanwhile.
class Campaign {
 public:
  Campaign(const Asked& asked, const race::Results& before) : asked_(asked), kept_(asked.results, before) {}

  std::expected<race::Results, std::string> in_window(const race::Scenario& scenario);
  std::expected<race::Results, std::string> with_boots(const race::Scenario& scenario);
  // Of the campaign that has been run.
  [[nodiscard]] const race::Planner& planner() const { return *planner_; }

 private:
  using Planned = std::expected<void, std::string>;
  [[nodiscard]] Planned plan_events(Window& window, unsigned cpus);
  [[nodiscard]] Planned plan_uses(Window& window);
  void show(std::uint64_t plans, const race::Result& result);
  void keep(std::uint64_t plan, const race::Result& result, const fs::path& schedule,
            const fs::path& console);
  void shrink_kept(const race::Scenario& scenario, const race::Planner& planner, Window& window) const;

  const Asked& asked_;
  const Scratch scratch_;
  Kept kept_;
  std::unique_ptr<race::Planner> planner_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point shown_ = Clock::now();
  std::uint64_t ran_ = 0;
  std::set<std::string> signatures_;
};

race::AtEvent event_of(const Asked& asked) {
  // Counted by other plans are events of any kind: a place for a switch or a deed is behind each.
  if (asked.plan != "nth" || asked.event == "any") return {};
  return {.kind = race::kind_named(asked.event)->number, .detail = asked.detail, .operand = {}};
}

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

int explore(const Asked& asked) {
  auto scenario = race::read_scenario(asked.file);
  if (!scenario) return complain(scenario.error());
  if (asked.guarded) *scenario = guarded(std::move(*scenario));
  if (asked.alone) scenario->triggers.clear();
  if (asked.event != "any" && race::kind_named(asked.event) == nullptr)
    return complain(fmt::format("--event: '{}' is no event (try: cmma race schema)", asked.event));
  if (asked.first == 0 || (asked.last != 0 && asked.last < asked.first))
    return complain("--first and --last: 1 <= first <= last");
  if (asked.plan == "uses" && (asked.boot_each || asked.action != "discard"))
    return complain("--plan uses: discards, in a window");
  if (asked.boot_each && asked.last == 0) return complain("--boot-each: needs --last");
  if (asked.part >= asked.parts) return complain("--part: below --parts");
  const auto before =
      fs::exists(asked.results) ? read_campaign(asked.results) : std::expected<race::Results, std::string>{};
  if (!before) return complain(before.error(), exit_host);
  note_stop_requests();
  Campaign campaign(asked, *before);
  const auto results = asked.boot_each ? campaign.with_boots(*scenario) : campaign.in_window(*scenario);
  // The machine may have got the signal, too, and is then what was complained of.
  if (stop_requested() != 0) {
    fmt::print(stderr, "cmma: stopped; the same command goes on\n");
    return exit_signal + stop_requested();
  }
  if (!results) return complain(results.error(), exit_host);
  const auto never_there = std::ranges::count_if(results->by_plan, [](const auto& entry) {
    return entry.second.done == 0 && entry.second.refused == 0;
  });
  if (asked.plan == "uses" && never_there != 0)
    return complain(fmt::format("{} runs did not come to their place: they are not the one that was recorded",
                                never_there),
                    exit_host);
  if (!asked.json.empty()) append_to_table(*scenario, asked, campaign.planner(), *results);
  fmt::print("{}", race::summary(*results));
  if (asked.plan == "uses") fmt::print("{}", places_of(campaign.planner(), *results));
  return race::classes(*results).empty() || asked.ignore_findings ? exit_good : exit_guest_failed;
}

}  // namespace

void register_explore(CLI::App& race, Run& run) {
  auto asked = std::make_shared<Asked>();
  auto* explored = race.add_subcommand("explore", "Do something to a block behind one event after the other");
  explored->callback([&run, asked] { run = [asked] { return explore(*asked); }; });
  explored->add_option("FILE", asked->file, "Scenario; its own triggers stay, but for --alone")->required();
  explored->add_option("--results", asked->results, "Results go here; what is there already is not run again")
      ->required();
  explored
      ->add_option("--plan", asked->plan,
                   "nth: behind each event in turn. bounded: all placements of few CPU switches and deeds. "
                   "random: many at a time. uses: a discard of each block between any two uses of it")
      ->capture_default_str()
      ->check(CLI::IsMember({"nth", "bounded", "random", "uses"}));
  explored->add_option("--action", asked->action, "The deed")
      ->capture_default_str()
      ->check(CLI::IsMember({"discard", "page-out", "page-in", "drop"}));
  explored
      ->add_option("--block", asked->block,
                   "bounded, random: of the CPU's last ESSA, or any that is volatile then")
      ->capture_default_str()
      ->check(CLI::IsMember({"last-essa", "any volatile"}));
  explored->add_option("--event", asked->event, "nth: events that are counted; \"any\" for all")
      ->capture_default_str();
  explored->add_option("--detail", asked->detail,
                       "nth: only those with this detail, such as the ORC of ESSA");
  explored->add_option("--first", asked->first, "The first event, or interval of uses")
      ->capture_default_str();
  explored->add_option("--last", asked->last, "The last one; if not given, the last of the window");
  explored
      ->add_option(
          "--most", asked->most,
          "uses: if there are more intervals, only so many of them, spread evenly; if not given, all")
      ->check(CLI::PositiveNumber);
  explored->add_flag("--early", asked->early,
                     "uses: at the first place behind a use, not at the last one before the next");
  explored->add_option("--switches", asked->switches, "bounded: at most so many CPU switches")
      ->capture_default_str();
  explored->add_option("--stay", asked->stay, "bounded: events of the other CPU before a switch ends")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  explored->add_option("--deeds", asked->deeds, "bounded: at most so many deeds")->capture_default_str();
  explored->add_option("--rate", asked->rate, "random: deeds for 65536 events")->capture_default_str();
  explored->add_option("--seeds", asked->seeds, "random: so many plans")->capture_default_str();
  explored->add_option("--jobs", asked->jobs, "Machines at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 60));
  explored->add_option("--limit", asked->limit, "Instructions of a run in the window; then it hangs")
      ->capture_default_str();
  explored->add_flag("--boot-each", asked->boot_each,
                     "Boot for each run: for a guest that opens no window. Events are those of the boot");
  explored->add_flag("--guarded", asked->guarded, "Without cmma_break=...: no guard is off");
  explored->add_flag("--alone", asked->alone, "Without the scenario's own triggers");
  explored->add_option("--json", asked->json,
                       "Write a line for each run to the end of this file, for the table");
  explored->add_option("--part", asked->part, "Only this part, from 0")->capture_default_str();
  explored->add_option("--parts", asked->parts, "Of so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  explored->add_flag(
      "--ignore-findings", asked->ignore_findings,
      "Exit status 0 if everything was run, whatever failed: for engines that repeat what failed");
}

}  // namespace cmma::cli
