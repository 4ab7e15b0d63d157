// Dynamic address translation for a debugger: from a virtual address to an absolute one, by the tables that a
// CPU uses, without an exception, a TLB entry or a reference bit.
//
// Used by the session and its monitor commands. Tables are read with `peek`, so one that has been paged out
// is looked at where it is.
#ifndef CMMA_GDB_TRANSLATE_HPP
#define CMMA_GDB_TRANSLATE_HPP

#include <cstdint>
#include <expected>
#include <string>

#include "cmma/gdb.h"

namespace cmma::gdb {

// Why storage cannot be shown: the program interruption that an access would have ended in. It is the number
// of the protocol's error reply.
enum class Obstacle : std::uint8_t {
  malformed = 0x01,  // no interruption: the packet makes no sense
  refused = 0x02,    // no interruption: it cannot be done
  addressing = 0x05,
  segment_translation = 0x10,
  page_translation = 0x11,
  translation_specification = 0x12,
  block_volatility = 0x1a,
  asce_type = 0x38,
  region_first = 0x39,
  region_second = 0x3a,
  region_third = 0x3b,
};

[[nodiscard]] std::string describe(Obstacle obstacle);

// What peek and poke say, as an obstacle. Not for CMMA_DONE.
[[nodiscard]] Obstacle obstacle_of(cmma_result result);

// The absolute address. The space is the one that the PSW selects; with DAT off, and in the real space, the
// address is real.
[[nodiscard]] std::expected<std::uint64_t, Obstacle> translate(const cmma_gdb_machine& machine,
                                                               const cmma_gdb_registers& registers,
                                                               std::uint64_t address);

}  // namespace cmma::gdb
#endif
