// A scenario as an invocation of `cmma boot`, and what became of it.
//
// Who may use it: the subcommand `race`, tests.
#ifndef CMMA_CLI_RACE_RUN_HPP
#define CMMA_CLI_RACE_RUN_HPP

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "race/oracle.hpp"
#include "race/scenario.hpp"

namespace cmma::cli {

struct RaceFiles {
  std::filesystem::path schedule;      // what was done, to be replayed
  std::filesystem::path interleaving;  // the same for people
  std::filesystem::path console;       // the guest's
};

// Named after the scenario, in `folder`.
[[nodiscard]] RaceFiles race_files(const race::Scenario& scenario, const std::filesystem::path& folder);

// Seconds of the guest's time, if the scenario does not say it: longer than Linux needs to find out by itself
// that a CPU is stuck.
inline constexpr double default_limit = 30;

// The arguments of `cmma` for a boot of its guest, without the program.
[[nodiscard]] std::vector<std::string> boot_arguments(const race::Scenario& scenario,
                                                      std::optional<std::uint64_t> seed);

// More of them for a machine with a race engine. The error is one line.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> engine_arguments(
    const race::Scenario& scenario, const RaceFiles& files);

// All files that its boot needs are there. The error is one line and says what to do.
[[nodiscard]] std::expected<void, std::string> check_files(const race::Scenario& scenario);

struct RaceRun {
  std::optional<std::uint64_t> seed;
  std::filesystem::path folder = ".";
  bool keep = false;           // the files of a run that found nothing, too
  bool guarded = false;        // all guards of the guest's kernel are on: nothing is expected
  std::filesystem::path json;  // what came of it goes to the end of this file, too
};

// How a guest ended whose machine has this exit status: that of `cmma boot`, or of a child in a window.
[[nodiscard]] race::Ending ending_of(int status);

// What came of one run.
struct RaceOutcome {
  std::string signature;  // empty: nothing failed
  std::string console;
  std::uint64_t done = 0;  // actions
  std::uint64_t refused = 0;
};
// What the engine has found wrong in the guest's struct pages, from its messages or its story, to the end of
// the console's text.
void append_page_findings(std::string& console, const std::filesystem::path& file);

// `echo`: the guest's console goes to standard output too. The error has the exit status of a run that did
// not come to an end of the guest's own, and a line unless `cmma boot` has said it already.
[[nodiscard]] std::expected<RaceOutcome, std::pair<int, std::string>> run_once(
    const race::Scenario& scenario, const RaceFiles& files, std::optional<std::uint64_t> seed, bool echo);

// The scenario with all guards of the guest's kernel on: without cmma_break=... on its command line. Nothing
// is expected of it.
[[nodiscard]] race::Scenario guarded(race::Scenario scenario);

// Runs it and says what came of it. Returns the exit status: good if what was expected has happened.
[[nodiscard]] int run_race(const race::Scenario& scenario, const RaceRun& asked);

}  // namespace cmma::cli
#endif
