// The runs of `cmma race explore`: what is planned as the command line asks for it, made in the guest's
// window or from its boot, shown meanwhile, and the smallest run of each failure kept.
//
// For race_explore.cpp only. Invariants:
//   C1  A plan of which the results file has the result already is not run again.
//   C2  After a request to stop no further run begins, and what has been run is in the results file.
#ifndef CMMA_CLI_RACE_CAMPAIGN_HPP
#define CMMA_CLI_RACE_CAMPAIGN_HPP

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cli/race_kept.hpp"
#include "cli/race_run.hpp"
#include "cli/race_scratch.hpp"
#include "cli/race_window.hpp"
#include "race/campaign.hpp"
#include "race/plans.hpp"

namespace cmma::cli {

// The options of `cmma race explore`, which says there what they mean.
struct ExploreAsked {
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

// A campaign with what it shows meanwhile.
class Campaign {
 public:
  Campaign(const ExploreAsked& asked, const race::Results& before)
      : asked_(asked), kept_(asked.results, before) {}

  std::expected<race::Results, std::string> in_window(const race::Scenario& scenario);
  std::expected<race::Results, std::string> with_boots(const race::Scenario& scenario);
  // Of the campaign that has been run.
  [[nodiscard]] const race::Planner& planner() const { return *planner_; }

 private:
  using Planned = std::expected<void, std::string>;
  [[nodiscard]] Planned plan_events(Window& window, unsigned cpus);
  [[nodiscard]] Planned plan_uses(Window& window);
  void show(std::uint64_t plans, const race::Result& result);
  void keep(std::uint64_t plan, const race::Result& result, const std::filesystem::path& schedule,
            const std::filesystem::path& console);
  void shrink_kept(const race::Scenario& scenario, const race::Planner& planner, Window& window) const;

  const ExploreAsked& asked_;
  const Scratch scratch_;
  Kept kept_;
  std::unique_ptr<race::Planner> planner_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
  std::uint64_t ran_ = 0;
  std::set<std::string> signatures_;
};

// For the table: a line for each result.
void append_to_table(const race::Scenario& scenario, const ExploreAsked& asked, const race::Planner& planner,
                     const race::Results& results);

}  // namespace cmma::cli
#endif
