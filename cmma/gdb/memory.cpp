// The guest's storage, as the CPU that the client looks at sees it.
#include <algorithm>
#include <vector>

#include "gdb/packet.hpp"
#include "gdb/session.hpp"

namespace cmma::gdb {
namespace {

std::uint64_t left_in_block(std::uint64_t address) { return CMMA_BLOCK_SIZE - address % CMMA_BLOCK_SIZE; }

}  // namespace

// ADDRESS,LENGTH. What comes before the first block that cannot be shown is shown; so a part is no error.
Session::Answer Session::read_memory(std::string_view arguments) const {
  const auto address = whole_number(take_part(arguments, ','));
  const auto length = whole_number(arguments);
  if (!address || !length) return std::unexpected(Obstacle::malformed);
  const cmma_gdb_registers values = registers();
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(*length, longest_packet / 2));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::uint64_t at = *address + done;
    const std::size_t part = std::min<std::uint64_t>(bytes.size() - done, left_in_block(at));
    const auto absolute = translate(machine_, values, at);
    const auto result =
        absolute ? machine_.peek(machine_.context, *absolute, bytes.data() + done, part) : CMMA_DONE;
    if (!absolute || result != CMMA_DONE) {
      if (done != 0) break;
      return std::unexpected(absolute ? obstacle_of(result) : absolute.error());
    }
    done += part;
  }
  return to_hex(std::span{bytes}.first(done));
}

// ADDRESS,LENGTH:DATA. All blocks are looked for first, so that little is written when not all can be.
Session::Answer Session::write_memory(std::string_view arguments, bool binary) {
  std::string_view data = arguments;
  std::string_view range = take_part(data, ':');
  const auto address = whole_number(take_part(range, ','));
  const auto length = whole_number(range);
  const auto bytes = binary ? std::optional{std::string{data}} : from_hex(data);
  if (!address || !length || !bytes || bytes->size() != *length) return std::unexpected(Obstacle::malformed);
  const cmma_gdb_registers values = registers();
  for (const bool for_good : {false, true}) {
    for (std::size_t done = 0; done < bytes->size();) {
      const std::uint64_t at = *address + done;
      const std::size_t part = std::min<std::uint64_t>(bytes->size() - done, left_in_block(at));
      const auto absolute = translate(machine_, values, at);
      if (!absolute) return std::unexpected(absolute.error());
      if (for_good) {
        const auto result = machine_.poke(machine_.context, *absolute, bytes->data() + done, part);
        if (result != CMMA_DONE) return std::unexpected(obstacle_of(result));
      }
      done += part;
    }
  }
  return "OK";
}

}  // namespace cmma::gdb
