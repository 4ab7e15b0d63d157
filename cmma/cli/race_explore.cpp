// `cmma race explore | results | merge`: many placements of an action, each a run of its own, from the
// guest's window on or from its boot.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "cli/race_explore.hpp"
#include "cli/race_kept.hpp"
#include "cli/race_scratch.hpp"
#include "cli/race_shrink.hpp"
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
  std::vector<std::string> parts_of_results;
  std::string plan = "nth";
  std::string event = "essa";
  std::optional<std::uint32_t> detail;
  std::string action = "discard";
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
  std::string merged;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

// The error is one line.
std::expected<race::Results, std::string> read_results(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return std::unexpected(fmt::format("{}: cannot be read", file));
  return race::parse_results(text.view(), file);
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

// What is tried, as the options say it. `last` is the last event.
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
  const std::vector<race::Deed> choices{{.action = action, .block = race::LastEssa{}}};
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

// A campaign with what it shows meanwhile.
class Campaign {
 public:
  Campaign(const Asked& asked, const race::Results& before) : asked_(asked), kept_(asked.results, before) {}

  std::expected<race::Results, std::string> in_window(const race::Scenario& scenario);
  std::expected<race::Results, std::string> with_boots(const race::Scenario& scenario);

 private:
  void show(std::uint64_t plans, const race::Result& result);
  void keep(std::uint64_t plan, const race::Result& result, const fs::path& schedule,
            const fs::path& console);
  void shrink_kept(const race::Scenario& scenario, const race::Planner& planner, Window& window) const;

  const Asked& asked_;
  const Scratch scratch_;
  Kept kept_;
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

std::expected<race::Results, std::string> Campaign::in_window(const race::Scenario& scenario) {
  auto window = Window::open(scenario, {.folder = scratch_.path, .jobs = asked_.jobs, .limit = asked_.limit});
  if (!window) return std::unexpected(std::move(window.error()));
  const double boot = seconds_since(began_);
  const auto events = (*window)->count(event_of(asked_));
  if (!events) return std::unexpected(events.error());
  fmt::print(stderr, "the guest came to its window in {:.1f} s; it has {} events of this kind\n", boot,
             *events);
  const std::uint64_t last = asked_.last == 0 ? *events : std::min(asked_.last, *events);
  if (last < asked_.first) return std::unexpected("--first is behind the window's end");
  const auto planner = planner_of(asked_, event_of(asked_), scenario.boot.cpus, last);
  const race::Range range = race::part_of(planner->count(), asked_.part, asked_.parts);
  began_ = Clock::now();
  auto results = race::explore(*planner, scenario.name + " in its window", range, asked_.results, **window,
                               [&](std::uint64_t plan, const race::Result& result) {
                                 keep(plan, result, (*window)->schedule(), (*window)->console());
                                 show(range.to - range.from, result);
                                 return stop_requested() == 0;
                               });
  const double took = seconds_since(began_);
  if (results && stop_requested() == 0) shrink_kept(scenario, *planner, **window);
  if (results && ran_ != 0) {
    const double each = took / static_cast<double>(ran_);
    fmt::print("{} runs, {:.1f} a second; booting for each would take {:.0f} times as long\n", ran_, 1 / each,
               (boot / asked_.jobs + each) / each);
  }
  return results;
}

std::expected<race::Results, std::string> Campaign::with_boots(const race::Scenario& scenario) {
  const auto planner = planner_of(asked_, event_of(asked_), scenario.boot.cpus, asked_.last);
  BootTrials trials(scenario, scratch_.path);
  const auto run = [&](const std::vector<race::Trigger>& triggers) {
    auto all = scenario.triggers;
    all.insert(all.end(), triggers.begin(), triggers.end());
    return trials.run(all);
  };
  const race::Range range = race::part_of(planner->count(), asked_.part, asked_.parts);
  return race::explore(*planner, scenario.name, range, asked_.results, run,
                       [&](std::uint64_t plan, const race::Result& result) {
                         keep(plan, result, trials.schedule(), trials.console());
                         show(range.to - range.from, result);
                         return stop_requested() == 0;
                       });
}

int explore(const Asked& asked) {
  auto scenario = race::read_scenario(asked.file);
  if (!scenario) return complain(scenario.error());
  if (asked.event != "any" && race::kind_named(asked.event) == nullptr)
    return complain(fmt::format("--event: '{}' is no event (try: cmma race schema)", asked.event));
  if (asked.first == 0 || (asked.last != 0 && asked.last < asked.first))
    return complain("--first and --last: 1 <= first <= last");
  if (asked.boot_each && asked.last == 0) return complain("--boot-each: needs --last");
  if (asked.part >= asked.parts) return complain("--part: below --parts");
  const auto before =
      fs::exists(asked.results) ? read_results(asked.results) : std::expected<race::Results, std::string>{};
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
  fmt::print("{}", race::summary(*results));
  return race::classes(*results).empty() || asked.ignore_findings ? exit_good : exit_guest_failed;
}

int print_results(const Asked& asked) {
  const auto results = read_results(asked.results);
  if (!results) return complain(results.error());
  fmt::print("{}", race::summary(*results));
  return exit_good;
}

int merge(const Asked& asked) {
  std::vector<race::Results> all;
  for (const std::string& file : asked.parts_of_results) {
    auto results = read_results(file);
    if (!results) return complain(results.error());
    all.push_back(std::move(*results));
  }
  const auto merged = race::merge(std::move(all));
  if (!merged) return complain(merged.error());
  if (asked.merged.empty()) {
    fmt::print("{}", race::write_results(*merged));
    return exit_good;
  }
  // What an earlier merge has put there stays if it is the smallest.
  auto before = read_results(asked.merged).value_or(race::Results{});
  if (before.campaign != merged->campaign) before = {};
  std::ofstream stream(asked.merged, std::ios::binary);
  stream << race::write_results(*merged) << std::flush;
  if (!stream) return complain(fmt::format("{}: cannot be written", asked.merged), exit_host);
  Kept kept(asked.merged, before);
  for (const auto& [plan, result] : merged->by_plan) {
    for (const std::string& file : asked.parts_of_results) {
      if (auto offered = kept.offer_from(file, plan, result); !offered)
        return complain(offered.error(), exit_host);
    }
  }
  fmt::print("{}", race::summary(*merged));
  for (const auto& [signature, plan] : kept.plans()) {
    const fs::path small = kept.small_schedule(plan);
    fmt::print("cmma race replay {}  # {}\n", (fs::exists(small) ? small : kept.schedule(plan)).string(),
               signature);
  }
  return exit_good;
}

}  // namespace

void register_explore(CLI::App& race, Run& run) {
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const char* name, const char* text, int (*act)(const Asked&)) {
    auto* one = race.add_subcommand(name, text);
    one->callback([&run, asked, act] { run = [asked, act] { return act(*asked); }; });
    return one;
  };
  auto* explored = add("explore", "Do something to a block behind one event after the other", explore);
  explored->add_option("FILE", asked->file, "Scenario; its own triggers stay")->required();
  explored->add_option("--results", asked->results, "Results go here; what is there already is not run again")
      ->required();
  explored
      ->add_option("--plan", asked->plan,
                   "nth: behind each event in turn. bounded: all placements of few CPU switches and deeds. "
                   "random: many at a time")
      ->capture_default_str()
      ->check(CLI::IsMember({"nth", "bounded", "random"}));
  explored->add_option("--action", asked->action, "The deed")
      ->capture_default_str()
      ->check(CLI::IsMember({"discard", "page-out", "page-in", "drop"}));
  explored->add_option("--event", asked->event, "nth: events that are counted; \"any\" for all")
      ->capture_default_str();
  explored->add_option("--detail", asked->detail,
                       "nth: only those with this detail, such as the ORC of ESSA");
  explored->add_option("--first", asked->first, "The first event")->capture_default_str();
  explored->add_option("--last", asked->last, "The last one; if not given, the last of the window");
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
  explored->add_option("--part", asked->part, "Only this part, from 0")->capture_default_str();
  explored->add_option("--parts", asked->parts, "Of so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  explored->add_flag(
      "--ignore-findings", asked->ignore_findings,
      "Exit status 0 if everything was run, whatever failed: for engines that repeat what failed");
  add("results", "What a campaign has found", print_results)
      ->add_option("RESULTS", asked->results, "Its results")
      ->required();
  auto* merged = add("merge", "Put the results of parts together", merge);
  merged->add_option("RESULTS", asked->parts_of_results, "Their results")->required();
  merged->add_option("--out", asked->merged,
                     "Into this file, with the smallest schedule of each failure beside it; if not given, to "
                     "standard output");
}

}  // namespace cmma::cli
