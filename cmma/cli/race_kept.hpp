// What a campaign keeps of its runs: of each way to fail the schedule of the smallest run, and its console.
//
// Who may use it: `cmma race explore` and `merge`, tests. The files are beside the results,
// RESULTS.plan-N.schedule.toml and RESULTS.plan-N.console.txt.
//
// Invariants
//   B1  The smallest run is the one with the fewest actions done, and of those the one with the least number.
//   Which one it is does not depend on the order in which runs end, on how often the campaign was stopped, or
//   on its parts.
#ifndef CMMA_CLI_RACE_KEPT_HPP
#define CMMA_CLI_RACE_KEPT_HPP

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "race/campaign.hpp"

namespace cmma::cli {

class Kept {
 public:
  // `before`: the results that are there already; those whose files are there count as kept.
  Kept(std::string file, const race::Results& before);

  // A run has ended. True if it is the smallest of its kind so far, and its files are kept now. The error is
  // one line.
  [[nodiscard]] std::expected<bool, std::string> offer(std::uint64_t plan, const race::Result& result,
                                                       const std::filesystem::path& schedule,
                                                       const std::filesystem::path& console);
  // The same of a run that other results have kept, if they have.
  [[nodiscard]] std::expected<bool, std::string> offer_from(const std::string& other, std::uint64_t plan,
                                                            const race::Result& result);

  // By signature, the plan that is kept of it.
  [[nodiscard]] std::map<std::string, std::uint64_t> plans() const;
  [[nodiscard]] std::filesystem::path schedule(std::uint64_t plan) const;
  // Where somebody may put what is left of it when it has been made smaller. It goes where the schedule goes.
  [[nodiscard]] std::filesystem::path small_schedule(std::uint64_t plan) const;

 private:
  using Size = std::pair<std::uint64_t, std::uint64_t>;  // actions done, number of the plan

  const std::string file_;
  std::map<std::string, Size> smallest_;  // by signature
};

}  // namespace cmma::cli
#endif
