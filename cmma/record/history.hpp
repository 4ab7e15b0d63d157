// How a run went: samples of the state matrix, the counters and a coarse map of main storage.
//
// Who may call it: the host, with its mutex held; whoever reads a report has the data only.
//
// Invariants
//   Y1  At most `history_limit` samples are kept, however long the run. They are one interval of host events
//   apart;
//       when there are as many as may be, every second one goes and the interval doubles.
//   Y2  Sampling reads no clock and decides nothing: the same events give the same samples.
//   Y3  `instructions` never goes down. A CPU's count is looked at only when that CPU itself is in the host,
//       and a CPU that begins at 0 again (after a reset) counts on.
//   Y4  All samples of a run have the same number of cells.
#ifndef CMMA_RECORD_HISTORY_HPP
#define CMMA_RECORD_HISTORY_HPP

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/counters.hpp"
#include "record/matrix.hpp"

namespace cmma::record {

inline constexpr std::size_t history_limit = 256;  // samples
inline constexpr std::size_t coarse_cells = 128;   // of main storage, in each sample
inline constexpr std::size_t fine_cells = 1024;    // of main storage, in the map at the end

// Main storage in ascending order, in cells of `cell_blocks` adjacent blocks; the last cell may be shorter.
struct BlockMap {
  std::uint64_t cell_blocks = 1;
  std::vector<Matrix> cells;
};
[[nodiscard]] BlockMap map_states(std::span<const std::uint8_t> states, std::size_t most_cells);

// One letter for the pair that is most frequent in a cell: 'a' for Sr, 'b' for Sp, 'c' for Sz, 'd' for Ur and
// so on. Of pairs that are equally frequent the first.
[[nodiscard]] char letter_of(const Matrix& cell);
inline constexpr char last_letter = 'a' + (usage_count * content_count) - 1;

struct Sample {
  std::uint64_t events = 0;  // of the host: frames given and taken, up to now
  std::uint64_t instructions = 0;
  std::uint64_t frames_used = 0;
  Matrix matrix{};
  CounterValues counters{};
  std::string map;  // a letter for each cell
};

struct History {
  std::uint64_t interval = 1;     // host events from one sample to the next
  std::uint64_t cell_blocks = 1;  // of the samples' maps
  std::vector<Sample> samples;    // in the order of time
};

class Sampler {
 public:
  explicit Sampler(std::uint64_t blocks);

  // CPU `cpu` is in the host and has completed so many instructions.
  void see(std::size_t cpu, std::uint64_t completed);
  // So many host events more. True: a sample is due.
  [[nodiscard]] bool count(std::uint64_t events) {
    events_ += events;
    return events_ >= next_;
  }
  void take(std::span<const std::uint8_t> states, const CounterValues& counters, std::uint64_t frames_used);

  // What is there, and one sample more for this moment.
  [[nodiscard]] History until_now(std::span<const std::uint8_t> states, const CounterValues& counters,
                                  std::uint64_t frames_used) const;
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

 private:
  [[nodiscard]] Sample sample(std::span<const std::uint8_t> states, const CounterValues& counters,
                              std::uint64_t frames_used) const;

  History history_;
  std::uint64_t events_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t instructions_ = 0;
  std::array<std::uint64_t, 64> seen_{};  // by CPU; more CPUs than that are not counted
};

}  // namespace cmma::record
#endif
