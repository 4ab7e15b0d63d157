#include "host/audit.hpp"

#include <fmt/format.h>

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

std::optional<std::uint64_t> number_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<std::uint64_t>> numbers_of(std::span<const std::string_view> words) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view word : words) {
    const auto number = number_of(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

Outcome refuse(const char* why) { return std::unexpected(std::string{"audit: "} + why); }

}  // namespace

Outcome Audit::add_rule(std::span<const std::string_view> words) {
  if (words.size() < 4 || words.size() % 3 != 1)
    return refuse("never wants a name, and an offset, a mask and a value for each term");
  Rule rule{.name = std::string{words[0]}, .terms = {}};
  for (std::size_t i = 1; i < words.size(); i += 3) {
    const bool other = words[i + 2].starts_with('!');
    const auto offset = number_of(words[i]);
    const auto mask = number_of(words[i + 1]);
    const auto value = number_of(words[i + 2].substr(other ? 1 : 0));
    if (!offset || !mask || !value) return refuse("numbers are hexadecimal");
    if (*offset % word_size != 0 || *offset + word_size > record_size_)
      return refuse("an offset must be that of a word in a record");
    rule.terms.push_back({.offset = *offset, .mask = *mask, .value = *value, .other = other});
  }
  rules_.push_back(std::move(rule));
  return {};
}

Outcome Audit::command(std::string_view line, std::uint64_t bytes) {
  const auto words = words_of(line);
  if (!words.empty() && words[0] == "never") return add_rule(std::span(words).subspan(1));
  const auto numbers = words.size() < 2 ? std::nullopt : numbers_of(std::span(words).subspan(1));
  if (!numbers)
    return refuse("one of: records SIZE, map FIRST COUNT ADDRESS, never NAME OFFSET MASK VALUE...");
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

std::string Audit::broken_rule(std::uint64_t block, const ReadWord& read) const {
  const Map* map = find(block);
  state::check(map != nullptr, "U: a block with a record");
  const std::uint64_t record = map->address + (block - map->first) * record_size_;
  const auto holds = [&](const Term& term) {
    return ((read(record + term.offset) & term.mask) == term.value) != term.other;
  };
  for (const Rule& rule : rules_) {
    if (!std::ranges::all_of(rule.terms, holds)) continue;
    std::string text = rule.name;
    for (std::uint64_t at = 0; at < record_size_; at += word_size) {
      text += fmt::format("{}{:x}", at == 0 ? " (record " : " ", read(record + at));
    }
    return text + ")";
  }
  return {};
}

}  // namespace cmma::host
