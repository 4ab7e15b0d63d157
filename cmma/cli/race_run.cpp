#include "cli/race_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "cli/pipe.hpp"
#include "cli/race_table.hpp"
#include "cli/subcommand.hpp"
#include "race/oracle.hpp"
#include "race/pages.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

struct Ended {
  int status = exit_host;
  std::string console;
};

// Runs this program with these arguments. With `echo` what it writes to standard output goes to ours, too;
// without, its messages are not shown.
std::expected<Ended, std::string> run_self(std::vector<std::string> arguments, bool echo) {
  auto pipe = make_pipe();
  if (!pipe) return std::unexpected(std::move(pipe.error()));
  arguments.insert(arguments.begin(), "cmma");
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(fmt::format("fork: {}", std::strerror(errno)));
  if (child == 0) {
    ::dup2(pipe->write.get(), STDOUT_FILENO);
    if (!echo) ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    ::execv("/proc/self/exe", pointers.data());
    ::_exit(exit_host);
  }
  pipe->write.close();
  Ended ended;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::read(pipe->read.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    const std::string_view part{buffer.data(), static_cast<std::size_t>(count)};
    ended.console += part;
    if (!echo) continue;
    fmt::print("{}", part);
    std::fflush(stdout);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : exit_host;
  return ended;
}

void discard_file(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
}

}  // namespace

RaceFiles race_files(const race::Scenario& scenario, const fs::path& folder) {
  fs::path stem = fs::path(scenario.file).stem();
  // Of a schedule the scenario's name, so that a replay writes the files of the run again.
  if (stem.extension() == ".schedule") stem = stem.stem();
  const fs::path base = fs::absolute(folder / stem).lexically_normal();
  return {.schedule = base.string() + ".schedule.toml",
          .interleaving = base.string() + ".interleaving.txt",
          .console = base.string() + ".console.txt"};
}

std::vector<std::string> boot_arguments(const race::Scenario& scenario, std::optional<std::uint64_t> seed) {
  const race::Boot& boot = scenario.boot;
  std::vector<std::string> arguments{"boot", "--deterministic"};
  const auto add = [&](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    arguments.push_back(name);
    arguments.push_back(value);
  };
  add("--seed", fmt::to_string(seed.value_or(scenario.seed)));
  add("--cpus", fmt::to_string(boot.cpus));
  add("--kernel", boot.kernel);
  add("--initrd", boot.initrd);
  for (const std::string& overlay : boot.overlays) add("--overlay", overlay);
  add("--append", boot.append);
  add("--memory", boot.memory);
  add("--frames", boot.frames);
  for (const std::string& disk : boot.disks) add("--disk", disk);
  // A scenario says itself which blocks leave, and when.
  add("--policy", boot.policy.empty() ? "none" : boot.policy);
  if (boot.run) {
    arguments.emplace_back("--run");
    arguments.push_back(*boot.run);
  }
  if (boot.timeout != 0) add("--timeout", fmt::format("{}", boot.timeout));
  add("--limit", fmt::format("{}", boot.limit.value_or(default_limit)));
  // First, so that the scenario can say otherwise.
  add("--cmma-option", "invariants=on");
  arguments.insert(arguments.end(), boot.options.begin(), boot.options.end());
  return arguments;
}

std::expected<std::vector<std::string>, std::string> engine_arguments(const race::Scenario& scenario,
                                                                      const RaceFiles& files) {
  std::vector<std::string> arguments;
  for (const auto& [name, file] :
       {std::pair<std::string_view, fs::path>{"race", fs::absolute(scenario.file).lexically_normal()},
        {"schedule", files.schedule},
        {"interleaving", files.interleaving}}) {
    if (file.string().find(',') != std::string::npos)
      return std::unexpected(fmt::format("{}: a name of a file here cannot have a comma", file.string()));
    arguments.emplace_back("--cmma-option");
    arguments.push_back(fmt::format("{}={}", name, file.string()));
  }
  return arguments;
}

std::expected<void, std::string> check_files(const race::Scenario& scenario) {
  std::vector<std::string> files{scenario.boot.kernel, scenario.boot.initrd, scenario.guest.vmlinux};
  files.insert(files.end(), scenario.boot.overlays.begin(), scenario.boot.overlays.end());
  files.insert(files.end(), scenario.boot.disks.begin(), scenario.boot.disks.end());
  for (const std::string& file : files) {
    if (file.empty() || fs::exists(file)) continue;
    return std::unexpected(
        fmt::format("{}: there is no {} (./testbed build race makes what the catalogue of races boots)",
                    scenario.file, fs::path(file).lexically_normal().string()));
  }
  return {};
}

race::Ending ending_of(int status) {
  switch (status) {
    case exit_good:
      return race::Ending::good;
    case exit_hang:
      return race::Ending::hang;
    default:
      return race::Ending::failed;
  }
}

void append_page_findings(std::string& console, const fs::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t at = line.find(race::page_finding_begins);
    if (at == std::string::npos) continue;
    if (!console.empty() && !console.ends_with('\n')) console += '\n';
    console += line.substr(at) + "\n";
  }
}

std::expected<RaceOutcome, std::pair<int, std::string>> run_once(const race::Scenario& scenario,
                                                                 const RaceFiles& files,
                                                                 std::optional<std::uint64_t> seed,
                                                                 bool echo) {
  const auto wrong = [](int status, std::string text) {
    return std::unexpected(std::pair{status, std::move(text)});
  };
  if (const auto there = check_files(scenario); !there) return wrong(exit_usage, there.error());
  auto arguments = boot_arguments(scenario, seed);
  const auto more = engine_arguments(scenario, files);
  if (!more) return wrong(exit_usage, more.error());
  arguments.insert(arguments.end(), more->begin(), more->end());
  discard_file(files.schedule);
  const auto ended = run_self(arguments, echo);
  if (!ended) return wrong(exit_host, ended.error());
  // The guest has not run, or not to an end of its own: boot has said why.
  if (ended->status == exit_usage || ended->status == exit_host)
    return wrong(ended->status, echo ? "" : "cmma boot failed (cmma race run shows why)");
  // How far a guest gets in a time of the wall clock says nothing about the guest.
  if (ended->status == exit_timeout)
    return wrong(exit_timeout, "the run was cut by its time limit of the wall clock (timeout)");
  const race::Ending ending = ending_of(ended->status);
  RaceOutcome outcome{.signature = {}, .console = ended->console, .done = 0, .refused = 0};
  // A machine without the engine must not pass for one that found nothing.
  auto schedule = race::read_scenario(files.schedule.string());
  if (!schedule) {
    return wrong(exit_host, fmt::format("the machine has written no schedule (it was stopped, or has no race "
                                        "engine): {}",
                                        schedule.error()));
  }
  outcome.done = schedule->triggers.size();
  append_page_findings(outcome.console, files.interleaving);
  outcome.signature = race::signature(outcome.console, ending);
  // What is wrong with the machine comes before what the guest makes of it.
  if (!schedule->found.empty()) outcome.signature = schedule->found;
  // The engine knows the file of the scenario only, and this run may have had another seed or command line.
  schedule->seed = seed.value_or(scenario.seed);
  schedule->boot = scenario.boot;
  std::ofstream(files.schedule, std::ios::binary) << race::write_scenario(*schedule);
  std::ifstream story(files.interleaving);
  for (std::string line; std::getline(story, line);)
    outcome.refused += line.find("* NOT DONE: ") != std::string::npos ? 1 : 0;
  return outcome;
}

race::Scenario guarded(race::Scenario scenario) {
  std::istringstream words(scenario.boot.append);
  std::string left;
  for (std::string word; words >> word;) {
    if (!word.starts_with("cmma_break=")) left += (left.empty() ? "" : " ") + word;
  }
  scenario.boot.append = left;
  scenario.expect.clear();
  return scenario;
}

int run_race(const race::Scenario& asked_scenario, const RaceRun& asked) {
  const race::Scenario scenario = asked.guarded ? guarded(asked_scenario) : asked_scenario;
  const RaceFiles files = race_files(scenario, asked.folder);
  // A replay must not write over what it reads.
  if (fs::absolute(scenario.file).lexically_normal() == files.schedule) {
    fmt::print(stderr, "cmma: {} would be overwritten: give another folder with --out\n",
               files.schedule.string());
    return exit_usage;
  }
  const auto outcome = run_once(scenario, files, asked.seed, true);
  if (!outcome) {
    const auto& [status, text] = outcome.error();
    if (!text.empty()) fmt::print(stderr, "cmma: {}\n", text);
    return status;
  }
  const std::string& signature = outcome->signature;
  if (!asked.json.empty()) {
    append_table_line(asked.json,
                      {.race = scenario.race,
                       .scenario = scenario.name,
                       .mode = asked.guarded ? guarded_mode : directed_mode,
                       .seed = asked.seed.value_or(scenario.seed),
                       .result = {.signature = signature, .done = outcome->done, .refused = outcome->refused},
                       .expected = signature == scenario.expect});
  }
  fmt::print(stderr, "signature: {}\n", signature.empty() ? "none" : signature);
  if (!scenario.expect.empty()) {
    fmt::print(stderr, "expected:  {} ({})\n", scenario.expect,
               signature == scenario.expect ? "hit" : "no hit");
  }
  if (signature.empty() && !asked.keep) {
    discard_file(files.schedule);
    discard_file(files.interleaving);
  } else {
    std::ofstream(files.console, std::ios::binary) << outcome->console;
    fmt::print(stderr, "schedule:  {}\nstory:     {}\nconsole:   {}\n", files.schedule.string(),
               files.interleaving.string(), files.console.string());
  }
  return signature == scenario.expect ? exit_good : exit_guest_failed;
}

}  // namespace cmma::cli
