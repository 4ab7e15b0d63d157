// Which placements an exploration tries: a numbered list of plans that is never written down. Plan k is
// computed from k, so a campaign can be split by ranges, stopped and taken up again.
//
// Who may use it: the command line, tests.
//
// Invariants
//   X1  The same planner gives the same plan for the same number, with every compiler.
//   X2  No two numbers below count() give the same plan; fewer triggers come first.
#ifndef CMMA_RACE_PLANS_HPP
#define CMMA_RACE_PLANS_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "race/scenario.hpp"
#include "race/uses.hpp"

namespace cmma::race {

class Planner {
 public:
  Planner() = default;
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;
  virtual ~Planner() = default;

  [[nodiscard]] virtual std::uint64_t count() const = 0;
  // REQUIRES: number < count().
  [[nodiscard]] virtual std::vector<Trigger> plan(std::uint64_t number) const = 0;
  // One line that is the same for planners that give the same plans.
  [[nodiscard]] virtual std::string description() const = 0;
  // How many runs this one is as good as.
  // REQUIRES: number < count().
  [[nodiscard]] virtual std::uint64_t places(std::uint64_t /*number*/) const { return 1; }
};

// A block and what to do with it.
struct Deed {
  Action action = Action::discard;
  BlockChoice block = EventBlock{};
};

// One deed at each event of a window in turn, the first one at event `first`.
struct NthSpace {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  AtEvent event;  // only events like this are counted
  Deed deed;
};
[[nodiscard]] std::unique_ptr<Planner> plan_nth(NthSpace space);

// All placements of at most so many switches and deeds at events of a window, numbered by any event. A switch
// stays in force until the next one, or until that CPU has had so many events.
struct BoundedSpace {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  unsigned switches = 1;
  unsigned cpus = 2;
  std::uint64_t stay = 20;
  unsigned deeds = 1;
  std::vector<Deed> choices;
};
[[nodiscard]] std::unique_ptr<Planner> plan_bounded(BoundedSpace space);

// Deeds at events of a window drawn from the plan's number: each event has one with probability rate / 65536.
struct RandomSpace {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint32_t rate = 655;
  std::uint64_t seeds = 1;
  std::vector<Deed> choices;
};
[[nodiscard]] std::unique_ptr<Planner> plan_random(RandomSpace space);

// One discard in each interval between two uses of a block, numbered as they were recorded: at its last
// place, or at its first one. The two are the same run (uses.hpp). If there are more than
// `most`, so many of them, spread evenly.
struct UsesSpace {
  std::vector<UseInterval> intervals;
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  bool early = false;
  std::uint64_t most = ~std::uint64_t{0};
};
[[nodiscard]] std::unique_ptr<Planner> plan_uses(UsesSpace space);

}  // namespace cmma::race
#endif
