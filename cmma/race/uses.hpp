// When a run uses what the host could discard: the intervals between two uses of a block.
//
// Who may use it: the engine, which records them in a run in which nothing is done, and the explorer, which
// then discards once in each.
//
// A discard of a block commutes with everything that does not use the block. So all places of an interval are
// the same run, and one stands for all of them. What a use is the machine says itself: a discarded block and
// an old one (CMMA_STATE_OLD) are noticed by the same test (CMMA_STATE_ATTENTION), so whoever would notice
// the discard has the host clear OLD. To that come what the host does for an ESSA and what is done to the
// storage key.
//
// Invariants
//   U1  While the recorder is at it, each block that can be discarded is old, and in no TLB, before the next
//       instruction begins.
//   U2  Intervals of a block do not overlap, and each place of the run at which the block can be discarded
//       is in one.
//   U3  A place is one at which a step of a schedule is done (E2 of cmma/race.h).
#ifndef CMMA_RACE_USES_HPP
#define CMMA_RACE_USES_HPP

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cmma/race.h"
#include "host/host.hpp"
#include "race/scenario.hpp"

namespace cmma::race {

struct UsePlace {
  std::uint64_t instructions = 0;
  std::uint64_t event = 0;  // the last one
  friend bool operator==(const UsePlace&, const UsePlace&) = default;
};

// From the first place behind a use to the last one before the next.
struct UseInterval {
  std::uint64_t block = 0;  // absolute address >> 12
  UsePlace first;
  UsePlace last;
  std::uint64_t places = 0;  // at instruction boundaries
  std::string ended_by;      // "access", the name of an event, or "end" of the run
  friend bool operator==(const UseInterval&, const UseInterval&) = default;
};

class UseRecorder {
 public:
  UseRecorder(host::Host& host, const cmma_control& control) : host_(host), control_(control) {}

  // An event may be a use of its block.
  void event(const cmma_event& event);
  // A place: a CPU is about to begin its next instruction.
  void reached(UsePlace place);
  // The run has ended.
  void finish();
  // In the order in which they end.
  [[nodiscard]] const std::vector<UseInterval>& intervals() const { return intervals_; }

 private:
  struct Open {
    std::uint64_t number = 0;  // of the place, in the run
    UsePlace first;
  };
  void close(std::uint64_t block, std::string_view ended_by);

  host::Host& host_;
  const cmma_control& control_;
  std::map<std::uint64_t, Open> open_;
  std::set<std::uint64_t> used_;  // since the last place
  std::vector<UseInterval> intervals_;
  UsePlace place_;            // the last one
  std::uint64_t number_ = 0;  // of the next place
};

// A line of JSON each.
[[nodiscard]] std::string write_uses(const std::vector<UseInterval>& intervals);
[[nodiscard]] std::expected<std::vector<UseInterval>, std::string> parse_uses(std::string_view text);

}  // namespace cmma::race
#endif
