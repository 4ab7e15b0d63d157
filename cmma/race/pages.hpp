// What a Linux guest's own struct pages say of pages that are lost, freed twice, or freed while in use.
//
// Who may use it: the engine (page_walk.cpp), tests. Pure functions of the records. The layout and the
// numbers of the flags are those of Linux 6.12 on a 64-bit machine; docs/scenarios.md says what is found and
// what is not.
//
// Invariants
//   L1  A rule that is used at any instant holds in a sound kernel between any two instructions.
//   L2  The others hold when nobody is within the memory management: after all CPUs have stopped (`at_rest`).
//   L3  Nothing is said of a compound page or of a page that is not there.
#ifndef CMMA_RACE_PAGES_HPP
#define CMMA_RACE_PAGES_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::race {

inline constexpr std::uint64_t page_record_size = 64;

// Of a struct page, what is looked at.
struct PageRecord {
  std::uint64_t flags = 0;
  std::uint64_t head = 0;  // of a tail page: its head and 1
  std::uint64_t mapping = 0;
  std::uint64_t extra = 0;          // `private`; of a free block its order
  std::uint32_t type = 0xffffffff;  // or the number of mappings, less one
  std::int32_t references = 0;
};
[[nodiscard]] PageRecord parse_page_record(std::span<const std::uint8_t, page_record_size> bytes);

enum class PageProblem : std::uint8_t {
  // L1
  free_and_referenced,
  free_and_used,
  free_twice,
  references_below_zero,
  mappings_below_zero,
  // L2
  listed_without_reference,
  listed_without_owner,
  reference_left,
};
[[nodiscard]] std::string_view problem_name(PageProblem problem);

struct PageFinding {
  std::uint64_t block = 0;
  PageProblem problem = PageProblem::free_and_referenced;
  PageRecord record;
};

struct PageLook {
  std::uint64_t pages = 0;
  std::uint64_t free = 0;             // in free blocks
  std::uint64_t listed = 0;           // that could be reclaimed, and were judged as such
  std::vector<PageFinding> findings;  // by block; at most one of a page
};
[[nodiscard]] PageLook look_at_pages(std::span<const std::optional<PageRecord>> pages, bool at_rest);

// Those that are in `now` and were not in `before`.
[[nodiscard]] std::vector<PageFinding> new_findings(std::vector<PageFinding> now,
                                                    std::span<const PageFinding> before);

// "host: struct page: free and referenced: block 0x1234, ...", which the oracle knows.
inline constexpr std::string_view page_finding_begins = "host: struct page: ";
[[nodiscard]] std::string describe(const PageFinding& finding);

}  // namespace cmma::race
#endif
