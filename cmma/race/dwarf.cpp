// Source lines, inlined functions and sizes of structures, from DWARF by libdw.
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "race/symbols.hpp"

namespace cmma::race {
namespace {

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view name_of(Dwarf_Die& die) {
  const char* const name = dwarf_diename(&die);
  return name == nullptr ? std::string_view{} : name;
}

struct Range {
  std::uint64_t low;
  std::uint64_t high;
};

std::vector<Range> ranges_of(Dwarf_Die& die) {
  std::vector<Range> all;
  Dwarf_Addr base = 0;
  Dwarf_Addr low = 0;
  Dwarf_Addr high = 0;
  for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0;)
    all.push_back({.low = low, .high = high});
  return all;
}

class DwarfLines final : public Lines {
 public:
  DwarfLines(int descriptor, Dwarf* dwarf) : descriptor_(descriptor), dwarf_(dwarf) {
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    while (dwarf_get_units(dwarf_, unit, &unit, nullptr, nullptr, &die, nullptr) == 0) {
      // Compilers need not write .debug_aranges, so the units' own ranges are the index.
      for (const Range& range : ranges_of(die)) index_.push_back({.range = range, .unit = units_.size()});
      units_.push_back(die);
    }
    std::ranges::sort(index_, {}, [](const Indexed& indexed) { return indexed.range.low; });
  }
  DwarfLines(const DwarfLines&) = delete;
  DwarfLines& operator=(const DwarfLines&) = delete;
  ~DwarfLines() override {
    dwarf_end(dwarf_);
    ::close(descriptor_);
  }

  std::optional<At> at(std::uint64_t linked) override {
    Dwarf_Die* const unit = unit_of(linked);
    if (unit == nullptr) return std::nullopt;
    Dwarf_Line* const line = dwarf_getsrc_die(unit, linked);
    At at;
    if (line == nullptr || dwarf_lineno(line, &at.line) != 0) return std::nullopt;
    const char* const file = dwarf_linesrc(line, nullptr, nullptr);
    if (file != nullptr) at.file = last_part(file);
    each_scope(*unit, linked, [&](Dwarf_Die& die) {
      if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) at.inlined.emplace_back(name_of(die));
    });
    return at;
  }

  std::vector<std::uint64_t> of(std::string_view file, int line) override {
    std::map<std::uint64_t, std::uint64_t> lowest;  // by function, or where one is inlined
    for (Dwarf_Die& unit : units_) {
      Dwarf_Lines* lines = nullptr;
      std::size_t count = 0;
      if (dwarf_getsrclines(&unit, &lines, &count) != 0) continue;
      for (std::size_t i = 0; i < count; ++i) {
        Dwarf_Line* const entry = dwarf_onesrcline(lines, i);
        int number = 0;
        bool begins = false;
        Dwarf_Addr address = 0;
        if (dwarf_lineno(entry, &number) != 0 || number != line) continue;
        if (dwarf_linebeginstatement(entry, &begins) != 0 || !begins) continue;
        const char* const source = dwarf_linesrc(entry, nullptr, nullptr);
        if (source == nullptr || last_part(source) != last_part(file)) continue;
        if (dwarf_lineaddr(entry, &address) != 0) continue;
        std::uint64_t function = 0;
        each_scope(unit, address, [&](Dwarf_Die& die) {
          const int tag = dwarf_tag(&die);
          const bool is_function = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
          if (function == 0 && is_function) function = dwarf_dieoffset(&die);
        });
        if (function == 0) continue;
        const auto [place, added] = lowest.emplace(function, address);
        if (!added) place->second = std::min<std::uint64_t>(place->second, address);
      }
    }
    std::vector<std::uint64_t> addresses;
    addresses.reserve(lowest.size());
    for (const auto& [function, address] : lowest) addresses.push_back(address);
    std::ranges::sort(addresses);
    return addresses;
  }

  std::vector<std::uint64_t> inlined(std::string_view function) override {
    std::vector<std::uint64_t> addresses;
    for (Dwarf_Die& unit : units_) {
      each_below(unit, [&](Dwarf_Die& die) {
        if (dwarf_tag(&die) != DW_TAG_inlined_subroutine || name_of(die) != function) return;
        std::uint64_t low = ~std::uint64_t{0};
        for (const Range& range : ranges_of(die)) low = std::min(low, range.low);
        if (low != ~std::uint64_t{0}) addresses.push_back(low);
      });
    }
    std::ranges::sort(addresses);
    return addresses;
  }

  std::optional<std::uint64_t> size_of(std::string_view structure) override {
    for (Dwarf_Die& unit : units_) {
      Dwarf_Die die;
      if (dwarf_child(&unit, &die) != 0) continue;
      do {
        if (dwarf_tag(&die) != DW_TAG_structure_type || name_of(die) != structure) continue;
        if (const int size = dwarf_bytesize(&die); size > 0) return static_cast<std::uint64_t>(size);
      } while (dwarf_siblingof(&die, &die) == 0);
    }
    return std::nullopt;
  }

 private:
  struct Indexed {
    Range range;
    std::size_t unit;
  };

  Dwarf_Die* unit_of(std::uint64_t address) {
    auto after = std::ranges::upper_bound(index_, address, {},
                                          [](const Indexed& indexed) { return indexed.range.low; });
    if (after == index_.begin()) return nullptr;
    --after;
    return address < after->range.high ? &units_[after->unit] : nullptr;
  }

  // The scopes that hold the address, innermost first.
  template <typename Visit>
  static void each_scope(Dwarf_Die& unit, std::uint64_t address, Visit visit) {
    Dwarf_Die* scopes = nullptr;
    const int count = dwarf_getscopes(&unit, address, &scopes);
    if (count <= 0) return;
    for (Dwarf_Die& die : std::span(scopes, static_cast<std::size_t>(count))) visit(die);
    std::free(scopes);
  }

  static void each_below(Dwarf_Die& parent, const std::function<void(Dwarf_Die&)>& visit) {
    Dwarf_Die die;
    if (dwarf_child(&parent, &die) != 0) return;
    do {
      visit(die);
      each_below(die, visit);
    } while (dwarf_siblingof(&die, &die) == 0);
  }

  const int descriptor_;
  Dwarf* const dwarf_;
  std::vector<Dwarf_Die> units_;
  std::vector<Indexed> index_;
};

}  // namespace

std::unique_ptr<Lines> open_lines(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  Dwarf* const dwarf = dwarf_begin(descriptor, DWARF_C_READ);
  Dwarf_CU* unit = nullptr;
  // libdw opens a file without .debug_info too, if it has a .debug_frame or the like.
  if (dwarf != nullptr && dwarf_get_units(dwarf, nullptr, &unit, nullptr, nullptr, nullptr, nullptr) == 0)
    return std::make_unique<DwarfLines>(descriptor, dwarf);
  if (dwarf != nullptr) dwarf_end(dwarf);
  ::close(descriptor);
  return nullptr;
}

}  // namespace cmma::race
