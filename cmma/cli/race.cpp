// `cmma race`: scenarios, what they say, and runs of them. docs/scenarios.md describes it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/race_explore.hpp"
#include "cli/race_merge.hpp"
#include "cli/race_run.hpp"
#include "cli/race_shrink.hpp"
#include "cli/race_table.hpp"
#include "cli/subcommand.hpp"
#include "race/oracle.hpp"
#include "race/schema.hpp"
#include "race/symbols.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string scenarios;  // folder; empty: that of the checkout
  std::string name;
  RaceRun run;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

// The folder of this name beside or above the program's.
fs::path scenario_folder(const std::string& asked) {
  if (!asked.empty()) return asked;
  for (fs::path folder = fs::read_symlink("/proc/self/exe").parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::is_directory(folder / "scenarios")) return folder / "scenarios";
  }
  return "scenarios";
}

std::expected<race::Scenario, std::string> find_scenario(const Asked& asked) {
  if (fs::is_regular_file(asked.name)) return race::read_scenario(asked.name);
  const fs::path file = scenario_folder(asked.scenarios) / (asked.name + ".toml");
  if (fs::is_regular_file(file)) return race::read_scenario(file.string());
  return std::unexpected(
      fmt::format("there is no file {} and no scenario {} (try: cmma race list)", asked.name, file.string()));
}

int list(const Asked& asked) {
  const fs::path folder = scenario_folder(asked.scenarios);
  if (!fs::is_directory(folder)) return complain(fmt::format("there is no folder {}", folder.string()));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  int status = exit_good;
  for (const fs::path& file : files) {
    const auto scenario = race::read_scenario(file.string());
    if (!scenario) {
      status = complain(scenario.error());
      continue;
    }
    fmt::print("{:<5} {:<32} {}\n", scenario->race, file.stem().string(), scenario->summary);
  }
  return status;
}

// Prints where the symbols of the triggers are. The error is one line.
std::expected<void, std::string> resolve(const race::Scenario& scenario, const race::Symbols& symbols,
                                         bool print) {
  for (const race::Trigger& trigger : scenario.triggers) {
    std::vector<std::string> names;
    if (const auto* const at = std::get_if<race::AtAddress>(&trigger.place)) {
      if (const auto* const name = std::get_if<std::string>(&at->where)) names.push_back(*name);
    }
    if (trigger.until) names.push_back(*trigger.until);
    for (const std::string& name : names) {
      const auto address = symbols.address_of(name);
      if (!address)
        return std::unexpected(fmt::format("{}:{}: {}", scenario.file, trigger.line, address.error()));
      if (!print) continue;
      const std::string line = symbols.line_of(*address);
      fmt::print("  {} = {:#x} {}{}\n", name, *address, symbols.name_of(*address),
                 line.empty() ? "" : " (" + line + ")");
    }
  }
  return {};
}

// The symbols that it needs, if any; null if it needs none.
std::expected<std::unique_ptr<race::Symbols>, std::string> open_symbols(const race::Scenario& scenario) {
  if (scenario.guest.vmlinux.empty()) return nullptr;
  auto symbols = race::Symbols::open(scenario.guest.vmlinux, scenario.guest.base);
  if (!symbols) return std::unexpected(std::move(symbols.error()));
  return std::make_unique<race::Symbols>(std::move(*symbols));
}

int show(const Asked& asked) {
  const auto scenario = find_scenario(asked);
  if (!scenario) return complain(scenario.error());
  fmt::print("{} {}\n{}\n", scenario->race, scenario->name, scenario->summary);
  if (!scenario->expect.empty()) fmt::print("expected: {}\n", scenario->expect);
  for (const race::Trigger& trigger : scenario->triggers)
    fmt::print("line {}: {}\n", trigger.line, describe(trigger));
  const auto symbols = open_symbols(*scenario);
  if (!symbols) return complain(symbols.error());
  if (*symbols) {
    if (auto resolved = resolve(*scenario, **symbols, true); !resolved) return complain(resolved.error());
  }
  return exit_good;
}

int check(const Asked& asked) {
  const auto scenario = race::read_scenario(asked.name);
  if (!scenario) return complain(scenario.error());
  const auto symbols = open_symbols(*scenario);
  if (!symbols) return complain(symbols.error());
  if (*symbols) {
    if (auto resolved = resolve(*scenario, **symbols, false); !resolved) return complain(resolved.error());
  }
  fmt::print("{}: {} triggers, good\n", asked.name, scenario->triggers.size());
  return exit_good;
}

int run_one(const Asked& asked, bool replay) {
  const auto scenario = find_scenario(asked);
  if (!scenario) return complain(scenario.error());
  const bool is_schedule = std::ranges::all_of(scenario->triggers, [](const race::Trigger& trigger) {
    return std::holds_alternative<race::AtPoint>(trigger.place);
  });
  if (replay && !is_schedule) {
    return complain(fmt::format(
        "{} is no schedule: not all of its triggers have `instructions` (try: cmma race run)", asked.name));
  }
  if (!fs::is_directory(asked.run.folder))
    return complain(fmt::format("--out: there is no folder {}", asked.run.folder.string()));
  return run_race(*scenario, asked.run);
}

int print_signature(const Asked& asked) {
  std::ifstream stream(asked.name, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return complain(fmt::format("{}: cannot be read", asked.name));
  const std::string signature = race::signature(text.str());
  fmt::print("{}\n", signature.empty() ? "none" : signature);
  return signature.empty() ? exit_good : exit_guest_failed;
}

int print_table(const Asked& asked) {
  std::ifstream stream(asked.name, std::ios::binary);
  if (!stream) return complain(fmt::format("{}: cannot be read", asked.name));
  const auto table = race_table(stream);
  if (!table) return complain(fmt::format("{}: {}", asked.name, table.error()));
  fmt::print("{}", *table);
  return exit_good;
}

}  // namespace

void register_race(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("race", "Races as files: show, run and replay scenarios");
  command->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const char* name, const char* text, int (*act)(const Asked&)) {
    auto* one = command->add_subcommand(name, text);
    one->callback([&run, asked, act] { run = [asked, act] { return act(*asked); }; });
    return one;
  };
  const auto add_folder = [&](CLI::App* one) {
    one->add_option("--scenarios", asked->scenarios, "Folder of scenarios (default: that of the checkout)");
  };
  const auto add_run = [&](CLI::App* one) {
    one->add_option("--seed", asked->run.seed, "Another seed than that of the scenario");
    one->add_option("--out", asked->run.folder, "Folder for schedule, interleaving and console")
        ->capture_default_str();
    one->add_flag("--keep", asked->run.keep, "Keep these files even if the guest has not failed");
    one->add_flag("--guarded", asked->run.guarded,
                  "Without cmma_break=...: no guard is off, nothing is expected");
    one->add_option("--json", asked->run.json, "Write what came of it to the end of this file, as a line");
  };
  add_folder(add("list", "The scenarios that there are", list));
  auto* shown = add("show", "A scenario, its triggers in words", show);
  shown->add_option("NAME", asked->name, "Scenario or file")->required();
  add_folder(shown);
  add("check", "Is this file right?", check)->add_option("FILE", asked->name, "Scenario")->required();
  auto* ran = add("run", "Boot the guest and do what the scenario says",
                  [](const Asked& all) { return run_one(all, false); });
  ran->add_option("NAME", asked->name, "Scenario or file")->required();
  add_folder(ran);
  add_run(ran);
  auto* replayed =
      add("replay", "Do what was done in another run", [](const Asked& all) { return run_one(all, true); });
  replayed->add_option("SCHEDULE", asked->name, "The schedule of that run")->required();
  add_run(replayed);
  register_explore(*command, run);
  register_merge(*command, run);
  register_shrink(*command, run);
  add("signature", "The failure signature of a console's text", print_signature)
      ->add_option("FILE", asked->name, "The text")
      ->required();
  add("table", "The table of the catalogue, from what run --json and explore --json have written",
      print_table)
      ->add_option("FILE", asked->name, "The results")
      ->required();
  add("schema", "The keys of a scenario, as Markdown", [](const Asked&) {
    fmt::print("{}", race::schema_as_markdown());
    return exit_good;
  });
}

}  // namespace cmma::cli
