// `cmma race explore`: many placements of an action, each a run of its own, from the guest's window on or
// from its boot. Here is the command line; race_campaign.hpp has the runs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/race_campaign.hpp"
#include "cli/race_explore.hpp"
#include "cli/race_merge.hpp"
#include "cli/race_run.hpp"
#include "cli/stop_request.hpp"
#include "race/campaign.hpp"
#include "race/kinds.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
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

int explore(const ExploreAsked& asked) {
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
  auto asked = std::make_shared<ExploreAsked>();
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
