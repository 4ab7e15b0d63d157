#include "race/interleaving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "race/kinds.hpp"

namespace cmma::race {
namespace {

constexpr std::size_t before_action = 60;
constexpr std::uint64_t after_action = 60;
// Actions without end (count = 0) must not fill memory.
constexpr std::size_t kept_limit = 200'000;

constexpr std::size_t column = 52;

}  // namespace

void Interleaving::keep(Line line) {
  if (kept_.size() >= kept_limit) {
    ++skipped_;
    return;
  }
  kept_.push_back({.line = std::move(line), .skipped = std::exchange(skipped_, 0)});
}

void Interleaving::event(Line line) {
  if (follow_ != 0) {
    --follow_;
    keep(std::move(line));
    return;
  }
  recent_.push_back(std::move(line));
  if (recent_.size() <= before_action) return;
  recent_.pop_front();
  ++skipped_;
}

void Interleaving::action(Line line) {
  for (Line& earlier : recent_) keep(std::move(earlier));
  recent_.clear();
  keep(std::move(line));
  follow_ = after_action;
}

std::string Interleaving::as_text(const Symbols* symbols) const {
  std::vector<Kept> all = kept_;
  std::uint64_t skipped = skipped_;
  for (const Line& line : recent_) all.push_back({.line = line, .skipped = std::exchange(skipped, 0)});
  int cpus = 1;
  for (const Kept& kept : all) cpus = std::max(cpus, kept.line.cpu + 1);

  std::string out = fmt::format("{:>10} {:>15}  ", "event", "instructions");
  for (int cpu = 0; cpu < cpus; ++cpu) out += fmt::format("{:<{}}", fmt::format("cpu{}", cpu), column);
  out += "host\n";
  for (const Kept& kept : all) {
    const Line& line = kept.line;
    if (kept.skipped != 0) out += fmt::format("{:>10} ... {} more\n", "", kept.skipped);
    std::string text = line.what ? describe(*line.what) : line.text;
    if (line.address != 0) {
      const std::string name = symbols == nullptr ? std::string{} : symbols->name_of(line.address);
      text += name.empty() ? fmt::format(" @{:x}", line.address) : fmt::format(" @{}", name);
      if (symbols != nullptr && symbols->has_lines()) {
        if (const std::string source = symbols->line_of(line.address); !source.empty())
          text += fmt::format(" ({})", source);
      }
    }
    const std::size_t before = static_cast<std::size_t>(line.cpu < 0 ? cpus : line.cpu) * column;
    out += fmt::format("{:>10} {:>15}  {:{}}{}\n", line.event, line.instructions, "", before, text);
  }
  if (skipped != 0) out += fmt::format("{:>10} ... {} more\n", "", skipped);
  return out;
}

}  // namespace cmma::race
