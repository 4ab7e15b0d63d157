// The story of a run for people: a line for each event around the actions, a column for each CPU and one for
// the host.
//
// Who may use it: the engine. Invariant N1: it needs memory for the lines around actions and a bounded number
// of others, however long the run is.
#ifndef CMMA_RACE_INTERLEAVING_HPP
#define CMMA_RACE_INTERLEAVING_HPP

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "cmma/race.h"
#include "race/symbols.hpp"

namespace cmma::race {

class Interleaving {
 public:
  struct Line {
    int cpu = -1;  // column; -1: the host
    std::uint64_t event = 0;
    std::uint64_t instructions = 0;
    std::uint64_t address = 0;       // 0: none
    std::optional<cmma_event> what;  // put into words when they are wanted: there are many events
    std::string text;                // if it is none
  };

  void event(Line line);                                            // kept if something is done soon
  void action(Line line);                                           // kept, with what is around it
  [[nodiscard]] std::string as_text(const Symbols* symbols) const;  // symbols may be null

 private:
  struct Kept {
    Line line;
    std::uint64_t skipped = 0;  // lines before this one that were not kept
  };
  void keep(Line line);

  std::vector<Kept> kept_;
  std::deque<Line> recent_;
  std::uint64_t skipped_ = 0;
  std::uint64_t follow_ = 0;  // so many more events are kept
};

}  // namespace cmma::race
#endif
