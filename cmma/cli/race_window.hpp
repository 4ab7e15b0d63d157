// A guest that has come to its window, and runs of what follows: the machine forks, so the boot is paid once.
//
// Who may use it: `cmma race explore`. The window opens when the guest writes the line "cmma: window" to its
// console, and closes with "cmma: window ends", or with the guest's end (cmma/machine/hcmmafrk.c).
//
// Invariants
//   W1  Each run is the one that a machine makes that has booted for it: its schedule replays it.
//   W2  The files of a run are there until the next one ends.
#ifndef CMMA_CLI_RACE_WINDOW_HPP
#define CMMA_CLI_RACE_WINDOW_HPP

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "cli/pipe.hpp"
#include "race/campaign.hpp"
#include "race/scenario.hpp"
#include "race/uses.hpp"

namespace cmma::cli {

// Of a run in the window, if nobody says otherwise; then it hangs.
inline constexpr std::uint64_t default_instructions = 100'000'000;

class Window final : public race::Runner {
 public:
  struct Asked {
    std::filesystem::path folder;  // for the files of runs; no blank, no comma in its name
    unsigned jobs = 2;             // machines at a time
    std::uint64_t limit = 0;       // instructions of a run; then it is a hang
  };
  // Boots the guest. The triggers of the scenario come into force in the window.
  [[nodiscard]] static std::expected<std::unique_ptr<Window>, std::string> open(race::Scenario scenario,
                                                                                Asked asked);
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() override;

  // How many events like this one the window has when nothing is done. An error if the guest fails by itself.
  [[nodiscard]] std::expected<std::uint64_t, std::string> count(const race::AtEvent& event);

  // The intervals between uses of blocks that could be discarded, when nothing is done. Likewise.
  [[nodiscard]] std::expected<std::vector<race::UseInterval>, std::string> uses();

  [[nodiscard]] unsigned jobs() const override { return asked_.jobs; }
  [[nodiscard]] std::expected<void, std::string> begin(std::uint64_t plan,
                                                       const std::vector<race::Trigger>& triggers) override;
  [[nodiscard]] std::expected<std::pair<std::uint64_t, race::Result>, std::string> next() override;

  // Of the run that has ended last.
  [[nodiscard]] std::filesystem::path schedule() const { return file(ended_, ".schedule"); }
  [[nodiscard]] std::filesystem::path console() const { return file(ended_, ".console"); }

 private:
  Window(race::Scenario scenario, Asked asked) : scenario_(std::move(scenario)), asked_(std::move(asked)) {}

  [[nodiscard]] std::expected<void, std::string> boot();
  // The plan of the guest without any deed. Its run is the next one that ends.
  [[nodiscard]] std::expected<void, std::string> run_undisturbed(const race::Scenario& one,
                                                                 std::size_t triggers);
  [[nodiscard]] std::expected<void, std::string> begin(std::uint64_t plan, const race::Scenario& one,
                                                       std::size_t triggers);
  [[nodiscard]] std::expected<std::string, std::string> hear() const;
  [[nodiscard]] std::filesystem::path file(std::uint64_t plan, const char* suffix) const;
  // What the engine said of the last `count` triggers.
  struct Tally {
    std::uint64_t reached = 0;
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] Tally tally(std::uint64_t plan, std::size_t count) const;
  void forget(std::uint64_t plan) const;

  const race::Scenario scenario_;
  const Asked asked_;
  base::Descriptor socket_;
  pid_t machine_ = -1;
  bool ready_ = false;                              // it is at its window
  std::map<std::uint64_t, std::size_t> under_way_;  // plan -> number of its triggers
  std::uint64_t ended_ = 0;
};

}  // namespace cmma::cli
#endif
