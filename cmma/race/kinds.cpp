#include "race/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cmma::race {
namespace {

constexpr std::array<Kind, CMMA_EVENT_KINDS> all{{
    {CMMA_EVENT_ESSA, "essa", "ESSA; the detail is the ORC", true},
    {CMMA_EVENT_STORAGE_KEY, "storage-key", "an instruction on a storage key", true},
    {CMMA_EVENT_PURGE, "purge", "TLB entries are purged (IPTE, IDTE, PTLB...)", false},
    {CMMA_EVENT_PTE_STORE, "pte-store",
     "a store into a DAT table; the detail is 0 for a page table, 1 for a segment table, 2 to 4 for region "
     "tables",
     true},
    {CMMA_EVENT_SIGP, "sigp", "SIGP; the detail is the order", false},
    {CMMA_EVENT_INTERRUPTION, "interruption", "an interruption; the detail is class * 65536 + code", false},
    {CMMA_EVENT_LPSW, "lpsw", "LPSW or LPSWE", false},
    {CMMA_EVENT_SWAP, "swap", "compare and swap", true},
    {CMMA_EVENT_DISCARD, "discard", "the host discarded a block", true},
    {CMMA_EVENT_PAGE_OUT, "page-out", "the host moved a block to the paging store", true},
    {CMMA_EVENT_PAGE_IN, "page-in", "the host read a block from the paging store", true},
    {CMMA_EVENT_DROP, "drop", "the host dropped an unused block", true},
    {CMMA_EVENT_DISCARD_FAULT, "discard-fault", "a CPU takes program interruption 001A", true},
}};

std::string_view class_name(std::uint32_t number) {
  constexpr std::array<std::string_view, 7> names{"?", "external", "svc", "program", "mck", "io", "restart"};
  return number < names.size() ? names.at(number) : names.front();
}

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* kind_of(std::uint32_t number) {
  return number >= 1 && number <= all.size() ? &all.at(number - 1) : nullptr;
}

const Kind* kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(all, name, &Kind::name);
  return found == all.end() ? nullptr : found;
}

std::string describe(const cmma_event& event) {
  const Kind* const kind = kind_of(event.kind);
  std::string text = kind == nullptr ? fmt::format("event {}", event.kind) : std::string{kind->name};
  switch (event.kind) {
    case CMMA_EVENT_INTERRUPTION:
      text += fmt::format(" {} {:04x}", class_name(event.detail >> 16), event.detail & 0xffff);
      break;
    case CMMA_EVENT_ESSA:
    case CMMA_EVENT_PTE_STORE:
      text += fmt::format(" {}", event.detail);
      break;
    case CMMA_EVENT_SIGP:
      text += fmt::format(" {:02x} to cpu{}", event.detail, event.operand);
      break;
    case CMMA_EVENT_STORAGE_KEY:
    case CMMA_EVENT_PURGE:
    case CMMA_EVENT_LPSW:
    case CMMA_EVENT_SWAP:
      text += fmt::format(" {:04x}", event.detail);
      break;
    default:
      break;
  }
  if (kind != nullptr && kind->has_block) text += fmt::format(" {:#x}", event.block << CMMA_BLOCK_SHIFT);
  return text;
}

}  // namespace cmma::race
