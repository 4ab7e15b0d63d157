#include "race/symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace cmma::race {
namespace {

// A symbol without a size reaches to the next one, but not over a gap of this.
constexpr std::uint64_t longest_unsized = 0x10000;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

template <typename Number>
std::optional<Number> parse(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Symbols::Symbols(std::vector<Symbol> list, std::uint64_t base, std::unique_ptr<Lines> lines)
    : list_(std::move(list)), base_(base), lines_(std::move(lines)) {
  std::ranges::sort(list_, {}, [](const Symbol& symbol) {
    return std::tuple(symbol.linked, symbol.size, std::string_view{symbol.name});
  });
}

std::expected<const Symbol*, std::string> Symbols::find(std::string_view file, std::string_view name) const {
  std::vector<const Symbol*> found;
  for (const Symbol& symbol : list_) {
    if (symbol.name != name || (!file.empty() && symbol.file != file)) continue;
    if (found.empty() || found.back()->linked != symbol.linked) found.push_back(&symbol);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return nullptr;
  std::string places;
  for (const Symbol* const symbol : found) {
    if (!places.empty()) places += ", ";
    places += symbol->file.empty() ? fmt::format("{:#x}", symbol->linked + base_)
                                   : fmt::format("{}:{}", symbol->file, symbol->name);
  }
  return wrong(fmt::format("'{}' is there {} times: {}", name, found.size(), places));
}

std::expected<std::uint64_t, std::string> Symbols::address_of(std::string_view place) const {
  std::string_view rest = place;
  std::string_view file;
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    file = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
    if (const auto line = parse<int>(rest, 10)) return line_address(file, *line);
  }
  std::uint64_t offset = 0;
  if (const std::size_t plus = rest.find('+'); plus != std::string_view::npos) {
    std::string_view number = rest.substr(plus + 1);
    const bool hex = number.starts_with("0x");
    if (hex) number.remove_prefix(2);
    const auto value = parse<std::uint64_t>(number, hex ? 16 : 10);
    if (!value) return wrong(fmt::format("'{}': what is after + is not a number", place));
    offset = *value;
    rest = rest.substr(0, plus);
  }
  const auto symbol = find(file, rest);
  if (!symbol) return wrong(symbol.error());
  std::uint64_t linked = 0;
  std::uint64_t size = 0;
  if (*symbol != nullptr) {
    linked = (*symbol)->linked;
    size = (*symbol)->size;
  } else {
    const auto inlined = lines_ && file.empty() ? lines_->inlined(rest) : std::vector<std::uint64_t>{};
    if (inlined.empty()) {
      return wrong(fmt::format("there is no symbol '{}'{}", rest,
                               lines_ ? "" : " (and no DWARF to find an inlined function by)"));
    }
    if (inlined.size() > 1) {
      std::string places;
      for (const std::uint64_t address : inlined)
        places += fmt::format("{}{}", places.empty() ? "" : ", ", name_of(address + base_));
      return wrong(fmt::format("'{}' is inlined {} times: {}", rest, inlined.size(), places));
    }
    linked = inlined.front();
  }
  if (size != 0 && offset >= size)
    return wrong(fmt::format("'{}': {} has {:#x} bytes only", place, rest, size));
  if ((linked + offset) % 2 != 0)
    return wrong(fmt::format("'{}': instructions begin at even addresses", place));
  return linked + offset + base_;
}

std::expected<std::uint64_t, std::string> Symbols::line_address(std::string_view file, int line) const {
  if (!lines_) {
    return wrong(fmt::format(
        "'{}:{}': this vmlinux has no DWARF (build the kernel with CONFIG_DEBUG_INFO_DWARF5)", file, line));
  }
  const auto found = lines_->of(file, line);
  if (found.empty()) return wrong(fmt::format("'{}:{}': no instruction comes from this line", file, line));
  if (found.size() > 1) {
    std::string places;
    for (const std::uint64_t address : found)
      places += fmt::format("{}{}", places.empty() ? "" : ", ", name_of(address + base_));
    return wrong(fmt::format("'{}:{}' is there {} times: {}", file, line, found.size(), places));
  }
  return found.front() + base_;
}

std::string Symbols::name_of(std::uint64_t address) const {
  const std::uint64_t wanted = address - base_;
  auto after = std::ranges::upper_bound(list_, wanted, {}, &Symbol::linked);
  // Of several symbols at one address the first one with a size that reaches far enough.
  while (after != list_.begin()) {
    --after;
    const std::uint64_t reach = after->size != 0 ? after->size : longest_unsized;
    if (wanted - after->linked < reach) {
      const std::uint64_t offset = wanted - after->linked;
      return offset == 0 ? after->name : fmt::format("{}+{:#x}", after->name, offset);
    }
    if (wanted - after->linked > longest_unsized) break;
  }
  return {};
}

std::string Symbols::line_of(std::uint64_t address) const {
  const auto at = lines_ ? lines_->at(address - base_) : std::nullopt;
  if (!at) return {};
  std::string text = fmt::format("{}:{}", at->file, at->line);
  for (std::size_t i = 0; i < at->inlined.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? " in inlined " : ", ", at->inlined[i]);
  return text;
}

std::optional<std::uint64_t> Symbols::linked(std::string_view variable) const {
  const auto symbol = find({}, variable);
  if (!symbol || *symbol == nullptr) return std::nullopt;
  return (*symbol)->linked;
}

std::optional<std::uint64_t> Symbols::size_of(std::string_view structure) const {
  return lines_ ? lines_->size_of(structure) : std::nullopt;
}

}  // namespace cmma::race
