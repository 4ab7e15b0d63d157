#include "host/audit.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "cmma/cmma.h"
#include "state/check.hpp"

namespace cmma::host {
namespace {

using Outcome = std::expected<void, std::string>;

constexpr std::uint64_t word_size = 8;
// Records of a size that nobody has are a mistake of the guest.
constexpr std::uint64_t largest_record = 4096;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view blank = " \t\r";
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    if (line.empty()) return words;
    words.push_back(line.substr(0, line.find_first_of(blank)));
    line.remove_prefix(words.back().size());
  }
}

std::optional<std::vector<std::uint64_t>> numbers_of(std::span<const std::string_view> words) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view word : words) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    numbers.push_back(value);
  }
  return numbers;
}

}  // namespace

Outcome Audit::command(std::string_view line, std::uint64_t bytes) {
  const auto refuse = [](const char* why) { return std::unexpected(std::string{"audit: "} + why); };
  const auto words = words_of(line);
  const bool never = !words.empty() && words[0] == "never";
  const std::size_t plain = never ? 2 : 1;  // words that are no numbers
  const auto numbers = words.size() <= plain ? std::nullopt : numbers_of(std::span(words).subspan(plain));
  if (!numbers)
    return refuse("one of: records SIZE, map FIRST COUNT ADDRESS, never NAME OFFSET MASK VALUE...");
  if (never) {
    if (numbers->size() % 3 != 0) return refuse("never wants an offset, a mask and a value for each term");
    Rule rule{.name = std::string{words[1]}, .terms = {}};
    for (std::size_t i = 0; i < numbers->size(); i += 3) {
      const Term term{.offset = (*numbers)[i], .mask = (*numbers)[i + 1], .value = (*numbers)[i + 2]};
      if (term.offset % word_size != 0 || term.offset + word_size > record_size_)
        return refuse("an offset must be that of a word in a record");
      rule.terms.push_back(term);
    }
    rules_.push_back(std::move(rule));
    return {};
  }
  if (words[0] == "records" && numbers->size() == 1) {
    const std::uint64_t size = numbers->front();
    if (size == 0 || size > largest_record || size % word_size != 0)
      return refuse("no such size of a record");
    record_size_ = size;
    maps_.clear();
    rules_.clear();
    return {};
  }
  if (words[0] != "map" || numbers->size() != 3) return refuse("records SIZE, or map FIRST COUNT ADDRESS");
  const Map map{.first = (*numbers)[0], .count = (*numbers)[1], .address = (*numbers)[2]};
  const std::uint64_t blocks = bytes / CMMA_BLOCK_SIZE;
  if (record_size_ == 0) return refuse("the size of a record comes first");
  if (map.count == 0 || map.first >= blocks || map.count > blocks - map.first ||
      map.address % word_size != 0 || map.address >= bytes || map.count * record_size_ > bytes - map.address)
    return refuse("blocks or records are outside main storage");
  const auto at = std::ranges::lower_bound(maps_, map.first, {}, &Map::first);
  if ((at != maps_.end() && map.first + map.count > at->first) ||
      (at != maps_.begin() && std::prev(at)->first + std::prev(at)->count > map.first))
    return refuse("some of these blocks have records already");
  maps_.insert(at, map);
  return {};
}

const Audit::Map* Audit::find(std::uint64_t block) const {
  const auto after = std::ranges::upper_bound(maps_, block, {}, &Map::first);
  if (after == maps_.begin()) return nullptr;
  const Map& map = *std::prev(after);
  return block - map.first < map.count ? &map : nullptr;
}

std::string_view Audit::broken_rule(std::uint64_t block, const ReadWord& read) const {
  const Map* map = find(block);
  state::check(map != nullptr, "U: a block with a record");
  const std::uint64_t record = map->address + (block - map->first) * record_size_;
  for (const Rule& rule : rules_) {
    const bool broken = std::ranges::all_of(
        rule.terms, [&](const Term& term) { return (read(record + term.offset) & term.mask) == term.value; });
    if (broken) return rule.name;
  }
  return {};
}

}  // namespace cmma::host
