#include "gdb/translate.hpp"

#include <fmt/format.h>

#include <array>

namespace cmma::gdb {
namespace {

constexpr std::uint64_t psw_dat = 1ull << 58;
constexpr unsigned psw_space_shift = 46;
constexpr std::uint64_t table_origin = ~0xfffull;
constexpr std::uint64_t page_table_origin = ~0x7ffull;
constexpr std::uint64_t real_space = 0x20;
constexpr std::uint64_t entry_invalid = 0x20;
constexpr std::uint64_t page_invalid = 0x400;
constexpr std::uint64_t page_reserved = 0x800;
constexpr std::uint64_t large_format = 0x400;
constexpr std::uint64_t enhanced_dat = 1ull << 23;  // in control register 0
constexpr std::uint64_t segment_mask = 0xfffff;
constexpr unsigned prefix_mask = 0x1fff;

using Result = std::expected<std::uint64_t, Obstacle>;

// Levels of tables: 3 region first, 2 region second, 1 region third, 0 segment.
constexpr std::array missing{Obstacle::segment_translation, Obstacle::region_third, Obstacle::region_second,
                             Obstacle::region_first};
constexpr unsigned index_bits = 11;
constexpr unsigned segment_shift = 20;

unsigned shift_of(unsigned level) { return segment_shift + level * index_bits; }

std::uint64_t prefixed(std::uint64_t real, std::uint64_t prefix) {
  const std::uint64_t area = real & ~std::uint64_t{prefix_mask};
  if (area == 0) return real | prefix;
  if (area == prefix) return real & prefix_mask;
  return real;
}

Result fetch(const cmma_gdb_machine& machine, const cmma_gdb_registers& registers, std::uint64_t real) {
  std::array<std::uint8_t, 8> bytes{};
  const auto result =
      machine.peek(machine.context, prefixed(real, registers.prefix), bytes.data(), bytes.size());
  if (result != CMMA_DONE) return std::unexpected(obstacle_of(result));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

std::uint64_t space(const cmma_gdb_registers& registers) {
  switch (registers.psw_mask >> psw_space_shift & 3) {
    case 2:
      return registers.control[7];
    case 3:
      return registers.control[13];
    default:
      return registers.control[1];  // primary, and access registers (where instructions come from)
  }
}

// From the segment table entry on: the real address.
Result walk_page(const cmma_gdb_machine& machine, const cmma_gdb_registers& registers, std::uint64_t entry,
                 std::uint64_t address) {
  if ((entry & large_format) != 0 && (registers.control[0] & enhanced_dat) != 0)
    return (entry & ~segment_mask) | (address & segment_mask);
  const auto page =
      fetch(machine, registers, (entry & page_table_origin) + (address >> CMMA_BLOCK_SHIFT & 0xff) * 8);
  if (!page) return page;
  if ((*page & page_invalid) != 0) return std::unexpected(Obstacle::page_translation);
  if ((*page & page_reserved) != 0) return std::unexpected(Obstacle::translation_specification);
  return (*page & table_origin) | (address & (CMMA_BLOCK_SIZE - 1));
}

Result walk(const cmma_gdb_machine& machine, const cmma_gdb_registers& registers, std::uint64_t address) {
  const std::uint64_t asce = space(registers);
  if ((asce & real_space) != 0) return address;
  auto level = static_cast<unsigned>(asce >> 2 & 3);
  if (level < 3 && address >> shift_of(level + 1) != 0) return std::unexpected(Obstacle::asce_type);
  std::uint64_t origin = asce & table_origin;
  std::uint64_t first = 0;
  std::uint64_t last = asce & 3;
  for (;; --level) {
    // Length and offset are in quarters of a table.
    const std::uint64_t index = address >> shift_of(level) & ((1u << index_bits) - 1);
    if (index >> 9 < first || index >> 9 > last) return std::unexpected(missing.at(level));
    const auto entry = fetch(machine, registers, origin + index * 8);
    if (!entry) return entry;
    if ((*entry & entry_invalid) != 0) return std::unexpected(missing.at(level));
    if ((*entry >> 2 & 3) != level) return std::unexpected(Obstacle::translation_specification);
    if (level == 0) return walk_page(machine, registers, *entry, address);
    origin = *entry & table_origin;
    first = *entry >> 6 & 3;
    last = *entry & 3;
  }
}

}  // namespace

std::string describe(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::malformed:
      return "the request makes no sense";
    case Obstacle::refused:
      return "it cannot be done";
    case Obstacle::addressing:
      return "addressing (0005): outside main storage, or an unused block without content";
    case Obstacle::segment_translation:
      return "segment translation (0010): the segment is invalid";
    case Obstacle::page_translation:
      return "page translation (0011): the page is invalid";
    case Obstacle::translation_specification:
      return "translation specification (0012): a table entry is not valid";
    case Obstacle::block_volatility:
      return "block volatility (001A): the host has discarded the block";
    case Obstacle::asce_type:
      return "ASCE type (0038): the address is above the address space";
    case Obstacle::region_first:
      return "region first translation (0039): the region is invalid";
    case Obstacle::region_second:
      return "region second translation (003A): the region is invalid";
    case Obstacle::region_third:
      return "region third translation (003B): the region is invalid";
  }
  return fmt::format("obstacle {:02x}", static_cast<unsigned>(obstacle));
}

Obstacle obstacle_of(cmma_result result) {
  switch (result) {
    case CMMA_DISCARDED:
      return Obstacle::block_volatility;
    case CMMA_UNUSED:
    case CMMA_ADDRESSING:
      return Obstacle::addressing;
    default:
      return Obstacle::refused;
  }
}

std::expected<std::uint64_t, Obstacle> translate(const cmma_gdb_machine& machine,
                                                 const cmma_gdb_registers& registers, std::uint64_t address) {
  Result real = address;
  if ((registers.psw_mask & psw_dat) != 0) real = walk(machine, registers, address);
  if (!real) return real;
  return prefixed(*real, registers.prefix);
}

}  // namespace cmma::gdb
