// `cmma race shrink`: the smallest schedule that still fails in the same way.
#include "cli/race_shrink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include "cli/race_scratch.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string file;
  std::string output;
  std::uint64_t limit = 0;
  bool boot_each = false;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

// "a/late.schedule.toml" -> "a/late.small.schedule.toml".
fs::path output_of(const Asked& asked) {
  if (!asked.output.empty()) return asked.output;
  fs::path stem = fs::path(asked.file).stem();
  if (stem.extension() == ".schedule") stem = stem.stem();
  return fs::path(asked.file).replace_filename(stem.string() + ".small.schedule.toml");
}

std::expected<Shrunk, std::string> shrink_as_asked(const race::Scenario& scenario, const Asked& asked) {
  const Scratch scratch;
  if (asked.boot_each) {
    BootTrials trials(scenario, scratch.path);
    return shrink(scenario.triggers, trials);
  }
  race::Scenario guest = scenario;
  guest.triggers.clear();
  auto window = Window::open(std::move(guest), {.folder = scratch.path, .jobs = 1, .limit = asked.limit});
  if (!window) {
    return std::unexpected(window.error() +
                           "\n(a guest that opens no window has to be booted for each run: --boot-each)");
  }
  WindowTrials trials(**window);
  return shrink(scenario.triggers, trials);
}

int shrink_file(const Asked& asked) {
  const auto scenario = race::read_scenario(asked.file);
  if (!scenario) return complain(scenario.error());
  const fs::path output = output_of(asked);
  const auto shrunk = shrink_as_asked(*scenario, asked);
  if (!shrunk) return complain(shrunk.error(), exit_host);
  if (shrunk->signature.empty())
    return complain(fmt::format("{} does not fail: there is nothing to keep", asked.file), exit_guest_failed);
  if (auto written = write_shrunk(*scenario, *shrunk, output); !written)
    return complain(written.error(), exit_host);
  fmt::print("{}\n{} of {} triggers left after {} runs\n", shrunk->signature,
             shrunk->schedule.triggers.size(), scenario->triggers.size(), shrunk->runs);
  for (const race::Trigger& trigger : shrunk->schedule.triggers) fmt::print("  {}\n", describe(trigger));
  fmt::print("cmma race replay {}\n", output.string());
  return exit_good;
}

}  // namespace

BootTrials::BootTrials(race::Scenario scenario, const fs::path& folder) : scenario_(std::move(scenario)) {
  scenario_.file = (folder / "trial.toml").string();
  files_ = race_files(scenario_, folder);
}

std::expected<race::Result, std::string> BootTrials::run(const std::vector<race::Trigger>& triggers) {
  scenario_.triggers = triggers;
  std::ofstream(scenario_.file) << race::write_scenario(scenario_);
  auto outcome = run_once(scenario_, files_, std::nullopt, false);
  if (!outcome) return std::unexpected(std::move(outcome.error().second));
  std::ofstream(files_.console, std::ios::binary) << outcome->console;
  return race::Result{
      .signature = std::move(outcome->signature), .done = outcome->done, .refused = outcome->refused};
}

std::expected<race::Result, std::string> WindowTrials::run(const std::vector<race::Trigger>& triggers) {
  if (auto begun = window_.begin(number_++, triggers); !begun)
    return std::unexpected(std::move(begun.error()));
  auto ended = window_.next();
  if (!ended) return std::unexpected(std::move(ended.error()));
  return std::move(ended->second);
}

std::expected<Shrunk, std::string> shrink(const std::vector<race::Trigger>& triggers, Trials& trials) {
  Shrunk shrunk;
  const race::RunPlan run =
      [&](const std::vector<race::Trigger>& some) -> std::expected<race::Result, std::string> {
    auto result = trials.run(some);
    if (!result) return result;
    ++shrunk.runs;
    if (shrunk.runs == 1) shrunk.signature = result->signature;
    if (result->signature.empty() || result->signature != shrunk.signature) return result;
    auto schedule = race::read_scenario(trials.schedule().string());  // Z1
    if (!schedule) return std::unexpected(std::move(schedule.error()));
    if (shrunk.runs == 1 || schedule->triggers.size() <= shrunk.schedule.triggers.size())
      shrunk.schedule = std::move(*schedule);
    return result;
  };
  if (const auto whole = run(triggers); !whole) return std::unexpected(whole.error());
  if (shrunk.signature.empty()) return shrunk;
  if (const auto small = race::shrink(triggers, shrunk.signature, run); !small)
    return std::unexpected(small.error());
  // What the host does is an event, too: without one step the others would be behind another event, but
  // mostly not at another instruction.
  auto loose = shrunk.schedule.triggers;
  for (race::Trigger& step : loose) std::get<race::AtPoint>(step.place).after_event.reset();
  if (const auto small = race::shrink(std::move(loose), shrunk.signature, run); !small)
    return std::unexpected(small.error());
  return shrunk;
}

std::expected<void, std::string> write_shrunk(race::Scenario scenario, const Shrunk& shrunk,
                                              const fs::path& file) {
  scenario.triggers = shrunk.schedule.triggers;
  scenario.found = shrunk.schedule.found;
  const fs::path beside = file.string() + ".new";
  std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
  stream << race::write_scenario(scenario);
  stream.close();
  std::error_code error;
  if (stream) fs::rename(beside, file, error);
  if (!stream || error) return std::unexpected(fmt::format("{}: cannot be written", file.string()));
  return {};
}

void register_shrink(CLI::App& race, Run& run) {
  auto asked = std::make_shared<Asked>();
  auto* command =
      race.add_subcommand("shrink", "Leave out of a schedule what it does not need to fail in the same way");
  command->callback([&run, asked] { run = [asked] { return shrink_file(*asked); }; });
  command->add_option("SCHEDULE", asked->file, "A schedule or scenario that fails")->required();
  command->add_option("--output", asked->output, "The smallest one goes here (NAME.small.schedule.toml)");
  command->add_option("--limit", asked->limit, "Instructions of a run in the window; then it hangs")
      ->default_val(default_instructions);
  command->add_flag("--boot-each", asked->boot_each, "Boot for each run: for a guest that opens no window");
}

}  // namespace cmma::cli
