#include "record/history.hpp"

#include <algorithm>

namespace cmma::record {
namespace {

// A sample looks at every state byte. At this rate that is no more than about a thousand bytes for each
// event.
constexpr std::uint64_t blocks_per_event = 1024;
constexpr std::uint64_t shortest_interval = 16;

std::uint64_t cell_size(std::uint64_t blocks, std::size_t most_cells) {
  return std::max<std::uint64_t>(1, (blocks + most_cells - 1) / most_cells);
}

}  // namespace

BlockMap map_states(std::span<const std::uint8_t> states, std::size_t most_cells) {
  BlockMap map{.cell_blocks = cell_size(states.size(), most_cells), .cells = {}};
  for (std::size_t at = 0; at < states.size(); at += map.cell_blocks) {
    map.cells.push_back(
        count_states(states.subspan(at, std::min<std::size_t>(map.cell_blocks, states.size() - at))));
  }
  return map;
}

char letter_of(const Matrix& cell) {
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < usage_count * content_count; ++i) {
    const std::uint64_t count = cell.blocks.at(i / content_count).at(i % content_count);
    if (count <= most) continue;
    most = count;
    best = i;
  }
  return static_cast<char>('a' + best);
}

Sampler::Sampler(std::uint64_t blocks) {
  history_.interval = std::max(shortest_interval, blocks / blocks_per_event);
  history_.cell_blocks = cell_size(blocks, coarse_cells);
  history_.samples.reserve(history_limit);
}

void Sampler::see(std::size_t cpu, std::uint64_t completed) {
  if (cpu >= seen_.size()) return;
  std::uint64_t& before = seen_.at(cpu);
  instructions_ += completed >= before ? completed - before : completed;
  before = completed;
}

Sample Sampler::sample(std::span<const std::uint8_t> states, const CounterValues& counters,
                       std::uint64_t frames_used) const {
  Sample sample{.events = events_,
                .instructions = instructions_,
                .frames_used = frames_used,
                .matrix = {},
                .counters = counters,
                .map = {}};
  for (const Matrix& cell : map_states(states, coarse_cells).cells) {
    sample.map += letter_of(cell);
    sample.matrix += cell;
  }
  return sample;
}

void Sampler::take(std::span<const std::uint8_t> states, const CounterValues& counters,
                   std::uint64_t frames_used) {
  std::vector<Sample>& samples = history_.samples;
  samples.push_back(sample(states, counters, frames_used));
  if (samples.size() == history_limit) {
    // Those with an even place stay: the first of all is among them.
    for (std::size_t i = 1; 2 * i < samples.size(); ++i) samples.at(i) = std::move(samples.at(2 * i));
    samples.resize(samples.size() / 2);
    history_.interval *= 2;
  }
  next_ = (events_ / history_.interval + 1) * history_.interval;
}

History Sampler::until_now(std::span<const std::uint8_t> states, const CounterValues& counters,
                           std::uint64_t frames_used) const {
  History history = history_;
  history.samples.push_back(sample(states, counters, frames_used));
  return history;
}

}  // namespace cmma::record
