// `cmma race explore | results | merge`: many placements of an action, each a run of its own.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/race_explore.hpp"
#include "cli/race_run.hpp"
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
  std::string event = "essa";
  std::optional<std::uint32_t> detail;
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::uint64_t part = 0;
  std::uint64_t parts = 1;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

// A folder for the files of one run, gone with this object.
struct Scratch {
  Scratch() { fs::create_directories(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path = fs::temp_directory_path() / fmt::format("cmma-explore-{}", ::getpid());
};

int explore(const Asked& asked) {
  auto scenario = race::read_scenario(asked.file);
  if (!scenario) return complain(scenario.error());
  const race::Kind* const kind = race::kind_named(asked.event);
  if (kind == nullptr || !kind->has_block)
    return complain(fmt::format("--event: '{}' is no event that has a block", asked.event));
  if (asked.last < asked.first || asked.first == 0) return complain("--first and --last: 1 <= first <= last");
  if (asked.part >= asked.parts) return complain("--part: below --parts");
  const auto planner = race::plan_nth({.first = asked.first,
                                       .last = asked.last,
                                       .event = {.kind = kind->number, .detail = asked.detail, .operand = {}},
                                       .deed = {}});
  const Scratch scratch;
  const std::vector<race::Trigger> own = scenario->triggers;
  const auto run =
      [&](const std::vector<race::Trigger>& triggers) -> std::expected<race::Result, std::string> {
    race::Scenario one = *scenario;
    one.triggers = own;
    one.triggers.insert(one.triggers.end(), triggers.begin(), triggers.end());
    one.file = (scratch.path / "plan.toml").string();
    std::ofstream(one.file) << race::write_scenario(one);
    auto outcome = run_once(one, race_files(one, scratch.path), std::nullopt, false);
    if (!outcome) return std::unexpected(std::move(outcome.error().second));
    return race::Result{
        .signature = std::move(outcome->signature), .done = outcome->done, .refused = outcome->refused};
  };
  const race::Range range = race::part_of(planner->count(), asked.part, asked.parts);
  const auto results = race::explore(*planner, scenario->name, range, asked.results, run,
                                     [&](std::uint64_t plan, const race::Result& result) {
                                       fmt::print(stderr, "{} of {} to {}: {}\n", plan, range.from, range.to,
                                                  result.signature.empty() ? "nothing" : result.signature);
                                       return true;
                                     });
  if (!results) return complain(results.error(), exit_host);
  fmt::print("{}", race::summary(*results));
  return race::classes(*results).empty() ? exit_good : exit_guest_failed;
}

std::expected<race::Results, std::string> read_results(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return std::unexpected(fmt::format("{}: cannot be read", file));
  return race::parse_results(text.view(), file);
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
  fmt::print("{}", race::write_results(*merged));
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
  auto* explored = add("explore", "Discard the block of one event after the other, a run for each", explore);
  explored->add_option("FILE", asked->file, "Scenario; its own triggers stay")->required();
  explored->add_option("--event", asked->event, "Events that are counted")->capture_default_str();
  explored->add_option("--detail", asked->detail, "Only those with this detail, such as the ORC of ESSA");
  explored->add_option("--first", asked->first, "The first one")->capture_default_str();
  explored->add_option("--last", asked->last, "The last one")->required();
  explored->add_option("--results", asked->results, "Results go here; what is there already is not run again")
      ->required();
  explored->add_option("--part", asked->part, "Only this part, from 0")->capture_default_str();
  explored->add_option("--parts", asked->parts, "Of so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add("results", "What a campaign has found", print_results)
      ->add_option("RESULTS", asked->results, "Its results")
      ->required();
  add("merge", "Put the results of parts together, to standard output", merge)
      ->add_option("RESULTS", asked->parts_of_results, "Their results")
      ->required();
}

}  // namespace cmma::cli
