#include "race/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cmma::race {
namespace {

// Numbers of the flags.
constexpr std::uint64_t flag(unsigned number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t locked = flag(0);
constexpr std::uint64_t writeback = flag(1);
constexpr std::uint64_t dirty = flag(4);
constexpr std::uint64_t lru = flag(5);
constexpr std::uint64_t compound = flag(6);
constexpr std::uint64_t active = flag(8);
constexpr std::uint64_t swapcache = flag(10);  // of a page that is swapbacked; other pages use it otherwise
constexpr std::uint64_t has_extra = flag(14);
constexpr std::uint64_t swapbacked = flag(17);
constexpr std::uint64_t unevictable = flag(18);
constexpr std::uint64_t mlocked = flag(19);
// No free page has any of these.
constexpr std::uint64_t in_use =
    locked | writeback | dirty | lru | compound | active | has_extra | unevictable | mlocked;

constexpr std::uint32_t no_type = 0xffffffff;
constexpr std::uint32_t first_type = 0xf0;  // in the first byte; below are numbers of mappings
constexpr std::uint32_t free_type = 0xf0;
constexpr std::uint32_t below_zero = 0xff;
constexpr std::uint64_t largest_order = 20;
// The last bits of `mapping`: 1 anonymous, 3 of KSM.
constexpr std::uint64_t anonymous = 1;

bool is_tail(const PageRecord& page) { return (page.head & 1) != 0; }
bool is_free(const PageRecord& page) { return page.type >> 24 == free_type; }

// L1, of a page that is not free.
std::optional<PageProblem> problem_in_use(const PageRecord& page) {
  if (page.type >> 24 == below_zero && page.type != no_type) return PageProblem::mappings_below_zero;
  const bool typed = page.type >> 24 >= first_type && page.type != no_type;
  if (!typed && page.references < 0) return PageProblem::references_below_zero;
  return std::nullopt;
}

// L2, of a page that is not free.
std::optional<PageProblem> problem_at_rest(const PageRecord& page) {
  // A page that is locked, under I/O or mlocked may be on its way; mlock keeps references on lists of each
  // CPU.
  const bool is_listed = (page.flags & lru) != 0;
  const bool on_its_way = (page.flags & (locked | writeback | mlocked)) != 0;
  if (!is_listed || on_its_way || (page.type >> 24 >= first_type && page.type != no_type))
    return std::nullopt;
  if (page.references == 0) return PageProblem::listed_without_reference;
  const std::int64_t mapped = page.type == no_type ? 0 : std::int64_t{page.type} + 1;
  const bool in_swap_cache = (page.flags & swapbacked) != 0 && (page.flags & swapcache) != 0;
  const bool in_cache = in_swap_cache || (page.mapping != 0 && (page.mapping & anonymous) == 0);
  // Its `private` stands for a reference, if it is no place in the swap.
  const bool has_private = (page.flags & has_extra) != 0;
  const std::int64_t known = mapped + (in_cache ? 1 : 0) + (has_private ? 1 : 0);
  if (known == 0) return PageProblem::listed_without_owner;
  if (page.references > known) return PageProblem::reference_left;
  return std::nullopt;
}

}  // namespace

PageRecord parse_page_record(std::span<const std::uint8_t, page_record_size> bytes) {
  const auto number = [&](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes.subspan(at, size)) value = value << 8 | byte;
    return value;
  };
  return {.flags = number(0, 8),
          .head = number(8, 8),
          .mapping = number(24, 8),
          .extra = number(40, 8),
          .type = static_cast<std::uint32_t>(number(48, 4)),
          .references = static_cast<std::int32_t>(number(52, 4))};
}

std::string_view problem_name(PageProblem problem) {
  constexpr std::array<std::string_view, 8> names{
      "free and referenced",        "free and in use",       "free twice",
      "fewer than 0 references",    "fewer than 0 mappings", "on a list without a reference",
      "on a list without an owner", "a reference is left"};
  return names.at(static_cast<std::size_t>(problem));
}

PageLook look_at_pages(std::span<const std::optional<PageRecord>> pages, bool at_rest) {
  PageLook look;
  std::uint64_t free_until = 0;  // the end of the free block that this page is in
  for (std::uint64_t block = 0; block < pages.size(); ++block) {
    if (!pages[block]) continue;
    const PageRecord& page = *pages[block];
    ++look.pages;
    std::optional<PageProblem> problem;
    const bool begins_free = is_free(page);
    if (begins_free && block < free_until) problem = PageProblem::free_twice;
    if (begins_free && page.extra <= largest_order)
      free_until = std::max(free_until, block + (std::uint64_t{1} << page.extra));
    if (block < free_until || begins_free) {
      ++look.free;
      if (!problem && page.references != 0) problem = PageProblem::free_and_referenced;
      if (!problem && (page.flags & in_use) != 0) problem = PageProblem::free_and_used;
    } else if (!is_tail(page) && (page.flags & compound) == 0) {
      look.listed += (page.flags & lru) != 0 ? 1 : 0;
      problem = problem_in_use(page);
      if (!problem && at_rest) problem = problem_at_rest(page);
    }
    if (problem) look.findings.push_back({.block = block, .problem = *problem, .record = page});
  }
  return look;
}

std::vector<PageFinding> new_findings(std::vector<PageFinding> now, std::span<const PageFinding> before) {
  std::erase_if(now, [&](const PageFinding& finding) {
    return std::ranges::any_of(before, [&](const PageFinding& other) {
      return other.block == finding.block && other.problem == finding.problem;
    });
  });
  return now;
}

std::string describe(const PageFinding& finding) {
  const PageRecord& page = finding.record;
  return fmt::format("{}{}: block {:#x}, flags {:#x}, mapping {:#x}, references {}, mappings or type {:#x}",
                     page_finding_begins, problem_name(finding.problem), finding.block << 12, page.flags,
                     page.mapping, page.references, page.type);
}

}  // namespace cmma::race
