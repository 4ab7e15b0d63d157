#include "state/block_state.hpp"

namespace cmma::state {
namespace {

struct Mark {
  char letter;
  Byte bit;
};

// In the order in which they are written.
constexpr std::array<Mark, 3> marks{{{'N', nodat_bit}, {'g', guarded_bit}, {'o', old_bit}}};

constexpr std::array<std::string_view, pair_count> names{"Sr", "Sp", "Sz", "Ur", "Uz", "Vr", "Vz", "Pr"};

}  // namespace

std::string_view pair_name(Byte byte) {
  const std::size_t row = index_of(byte);
  return row < pair_count ? names.at(row) : "??";
}

std::string to_text(Byte byte) {
  std::string text{pair_name(byte)};
  for (const Mark& mark : marks) {
    if ((byte & mark.bit) != 0) text += mark.letter;
  }
  return text;
}

std::optional<Byte> parse(std::string_view text) {
  for (std::size_t row = 0; row < pair_count; ++row) {
    if (!text.starts_with(names.at(row))) continue;
    std::string_view rest = text.substr(names.at(row).size());
    Byte byte = byte_of(all_pairs.at(row));
    for (const Mark& mark : marks) {
      if (!rest.starts_with(mark.letter)) continue;
      byte = static_cast<Byte>(byte | mark.bit);
      rest.remove_prefix(1);
    }
    if (rest.empty()) return byte;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace cmma::state
