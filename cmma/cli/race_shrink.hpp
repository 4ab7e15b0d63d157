// Failures made small: triggers are left out of a run as long as it still fails in the same way.
//
// Who may use it: the subcommand `race`; shrink() tests too.
//
// Invariants
//   Z1  What is kept is the schedule of a run that has failed with the signature.
//   Z2  The file has either all of a schedule or what it had before.
#ifndef CMMA_CLI_RACE_SHRINK_HPP
#define CMMA_CLI_RACE_SHRINK_HPP

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/race_run.hpp"
#include "cli/race_window.hpp"
#include "cli/subcommand.hpp"
#include "race/campaign.hpp"
#include "race/scenario.hpp"

namespace cmma::cli {

// A way to run triggers one after the other, and the schedule that the last run has left.
class Trials {
 public:
  Trials() = default;
  Trials(const Trials&) = delete;
  Trials& operator=(const Trials&) = delete;
  virtual ~Trials() = default;
  [[nodiscard]] virtual std::expected<race::Result, std::string> run(
      const std::vector<race::Trigger>& triggers) = 0;
  [[nodiscard]] virtual std::filesystem::path schedule() const = 0;
};

// Each run boots the guest, and leaves its files in `folder`.
class BootTrials final : public Trials {
 public:
  BootTrials(race::Scenario scenario, const std::filesystem::path& folder);
  std::expected<race::Result, std::string> run(const std::vector<race::Trigger>& triggers) override;
  [[nodiscard]] std::filesystem::path schedule() const override { return files_.schedule; }
  [[nodiscard]] std::filesystem::path console() const { return files_.console; }

 private:
  race::Scenario scenario_;
  RaceFiles files_;
};

// In a window; no other run of it is under way.
class WindowTrials final : public Trials {
 public:
  explicit WindowTrials(Window& window) : window_(window) {}
  std::expected<race::Result, std::string> run(const std::vector<race::Trigger>& triggers) override;
  [[nodiscard]] std::filesystem::path schedule() const override { return window_.schedule(); }

 private:
  Window& window_;
  // Beyond the plans of a campaign, whose files have these numbers in their names.
  std::uint64_t number_ = std::uint64_t{1} << 62;
};

struct Shrunk {
  std::string signature;
  race::Scenario schedule;  // what the smallest run did
  std::uint64_t runs = 0;
};
// Runs the triggers, and then parts of them that end with the same signature. It is an error if they do not
// fail.
[[nodiscard]] std::expected<Shrunk, std::string> shrink(const std::vector<race::Trigger>& triggers,
                                                        Trials& trials);

// Puts the steps of the smallest run into `file` as a schedule of `scenario`. The error is one line.
[[nodiscard]] std::expected<void, std::string> write_shrunk(race::Scenario scenario, const Shrunk& shrunk,
                                                            const std::filesystem::path& file);

// Adds shrink to `cmma race`.
void register_shrink(CLI::App& race, Run& run);

}  // namespace cmma::cli
#endif
