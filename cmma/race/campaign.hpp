// An exploration under way: runs plans, keeps their results in a file, and makes failures small.
//
// Who may use it: the command line, tests. Pure but for the results file: how a plan is run is the caller's.
//
// Invariants
//   C1  A plan is run once; a campaign that was stopped goes on where its file ends, whatever was cut off
//   there.
//   C2  Results of different campaigns are never mixed: the first line of a file says of which it is.
//   C3  Two results of one plan are the same, or that is an error: the machine is not deterministic.
//   C4  A result is in the file only after `progress` was told of it, so what that keeps of a run is there
//   too.
#ifndef CMMA_RACE_CAMPAIGN_HPP
#define CMMA_RACE_CAMPAIGN_HPP

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "race/plans.hpp"
#include "race/scenario.hpp"

namespace cmma::race {

struct Result {
  std::string signature;  // empty: nothing failed
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

struct Results {
  std::string campaign;  // scenario and planner, in words
  std::map<std::uint64_t, Result> by_plan;
};

// A JSON object a line: {"campaign": "..."}, then {"plan": 3, "signature": "", "done": 1, "refused": 0}.
[[nodiscard]] std::string result_line(std::uint64_t plan, const Result& result);
[[nodiscard]] std::string campaign_line(std::string_view campaign);
// A last line without its end is what was being written when the campaign was stopped: it is left out.
[[nodiscard]] std::expected<Results, std::string> parse_results(std::string_view text, std::string_view file);
[[nodiscard]] std::string write_results(const Results& results);
[[nodiscard]] std::expected<Results, std::string> merge(std::vector<Results> all);

struct Class {
  std::string signature;
  std::uint64_t count = 0;
  std::uint64_t first_plan = 0;
  std::uint64_t smallest_plan = 0;  // with the fewest actions done; the first of those
  std::uint64_t smallest_done = 0;
};
// Failures by signature, most frequent first.
[[nodiscard]] std::vector<Class> classes(const Results& results);
// For people: how many plans, how many did something, and the classes.
[[nodiscard]] std::string summary(const Results& results);

// Runs plans, perhaps several at a time. An error is one line, and the end of the campaign.
class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  virtual ~Runner() = default;

  [[nodiscard]] virtual unsigned jobs() const = 0;  // how many may be under way
  [[nodiscard]] virtual std::expected<void, std::string> begin(std::uint64_t plan,
                                                               const std::vector<Trigger>& triggers) = 0;
  // The next one that has ended. REQUIRES: one is under way.
  [[nodiscard]] virtual std::expected<std::pair<std::uint64_t, Result>, std::string> next() = 0;
};

// One after the other.
using RunPlan = std::function<std::expected<Result, std::string>(const std::vector<Trigger>& triggers)>;

struct Range {
  std::uint64_t from = 0;
  std::uint64_t to = ~std::uint64_t{0};  // not included
};
// Part `index` of `parts` of all plans, for a campaign that is split.
[[nodiscard]] Range part_of(std::uint64_t plans, std::uint64_t index, std::uint64_t parts);

using Progress = std::function<bool(std::uint64_t plan, const Result& result)>;

// Runs the plans of the range that the file has no result of. `progress` is called behind each; with false no
// other is begun, those under way come to their end.
[[nodiscard]] std::expected<Results, std::string> explore(const Planner& planner, const std::string& campaign,
                                                          Range range, const std::string& file,
                                                          Runner& runner, const Progress& progress);
[[nodiscard]] std::expected<Results, std::string> explore(const Planner& planner, const std::string& campaign,
                                                          Range range, const std::string& file,
                                                          const RunPlan& run, const Progress& progress);

// The smallest part of the triggers that was found which still fails in the same way: without any one of its
// triggers it does not. Triggers that name another one by `after` go with it.
[[nodiscard]] std::expected<std::vector<Trigger>, std::string> shrink(std::vector<Trigger> triggers,
                                                                      const std::string& signature,
                                                                      const RunPlan& run);

}  // namespace cmma::race
#endif
