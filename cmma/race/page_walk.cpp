// The engine's look at the guest's own struct pages (pages.hpp): where they are, and what is told of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "race/engine.hpp"

namespace cmma::race {
namespace {

// A corrupted array has a finding for each page.
constexpr std::size_t findings_said = 8;

}  // namespace

std::expected<PageLook, std::string> Engine::walk_pages(bool at_rest) {
  // Any CPU whose tables have the kernel: one that is in a program has not.
  std::expected<std::uint64_t, std::string> array;
  for (int cpu = 0; cpu < cpu_limit; ++cpu) {
    now_.cpu = cpu;
    array = variable("vmemmap", 0);
    if (array) break;
  }
  if (!array) return std::unexpected(array.error());
  // Says whether the kernel is where its symbols are.
  if (const auto first = block_of_page(*array); !first) return std::unexpected(first.error());
  if (struct_page_size() != page_record_size) return std::unexpected("struct pages: not of 64 bytes");
  std::vector<std::optional<PageRecord>> pages(host_.blocks());
  constexpr std::uint64_t in_a_block = CMMA_BLOCK_SIZE / page_record_size;
  std::array<std::uint8_t, CMMA_BLOCK_SIZE> bytes{};
  bool any = false;
  for (std::uint64_t first = 0; first < pages.size(); first += in_a_block) {
    std::uint64_t absolute = 0;
    const std::uint64_t address = *array + first * page_record_size;
    // The array has holes where there is no memory.
    if (control_.translate(control_.context, now_.cpu, address, &absolute) == 0 ||
        !host_.peek(absolute, bytes))
      continue;
    any = true;
    for (std::uint64_t i = 0; i < in_a_block && first + i < pages.size(); ++i) {
      pages[first + i] =
          parse_page_record(std::span(bytes).subspan(i * page_record_size).first<page_record_size>());
    }
  }
  if (!any) return std::unexpected(fmt::format("struct pages: nothing is at {:#x}", *array));
  return look_at_pages(pages, at_rest);
}

void Engine::note_pages() {
  pages_before_.clear();
  if (!has_pages()) return;
  const int cpu = now_.cpu;
  if (auto walked = walk_pages(true)) pages_before_ = std::move(walked->findings);
  now_.cpu = cpu;
}

void Engine::check_pages(bool at_rest) {
  if (!has_pages()) return;
  auto walked = walk_pages(at_rest);
  now_.cpu = CMMA_NOT_A_CPU;
  if (!walked) {
    say(fmt::format("race: struct pages are not looked at: {}", walked.error()));
    return;
  }
  const auto findings = new_findings(std::move(walked->findings), pages_before_);
  for (const PageFinding& finding : std::span(findings).first(std::min(findings.size(), findings_said))) {
    say(describe(finding));
    story_.action({.cpu = -1,
                   .event = now_.last_event,
                   .instructions = now_.instructions,
                   .address = 0,
                   .what = {},
                   .text = "* " + describe(finding)});
  }
  say(fmt::format("race: struct pages looked at{}: {} pages, {} free, {} on lists, {} findings",
                  at_rest ? ", at rest" : "", walked->pages, walked->free, walked->listed, findings.size()));
}

}  // namespace cmma::race
