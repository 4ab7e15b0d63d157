// The state of one 4 KB block of main storage, as one byte.
//
// Who may use it: everybody. Only the standard library is included.
// The layout is that of the C ABI (cmma/cmma.h); a unit test compares the two.
//
// Invariants
//   T1  A state byte holds one of the 8 valid pairs of usage and content: Sr Sp Sz Ur Uz Vr Vz Pr.
//       Up, Vp, Pp and Pz are never seen: the host drops, discards or restates instead (Linux patches of
//       2006-09; I6).
//   T2  GUARDED is set exactly when the usage is unused and an access to an unused block is to be an
//       exception (A6).
//   T3  OLD belongs to the replacement policy, or, if that has no use for it, to who notes uses
//   (host/uses.cpp);
//       no instruction of the guest looks at it or changes it.
#ifndef CMMA_STATE_BLOCK_STATE_HPP
#define CMMA_STATE_BLOCK_STATE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmma::state {

using Byte = std::uint8_t;

inline constexpr Byte content_mask = 0x03;
inline constexpr Byte usage_mask = 0x0c;
inline constexpr Byte pair_mask = 0x0f;
inline constexpr Byte nodat_bit = 0x20;
inline constexpr Byte essa_mask = 0x2f;
inline constexpr Byte old_bit = 0x40;
inline constexpr Byte guarded_bit = 0x80;
inline constexpr Byte attention_mask = 0xc3;

// Block-usage state: what the guest says the content is worth.
enum class Usage : Byte { stable = 0x00, unused = 0x04, potential = 0x08, volatile_ = 0x0c };

// Block-content state: where the content is. Code 1 is reserved.
enum class Content : Byte { resident = 0x00, preserved = 0x02, zero = 0x03 };

// The valid pairs. The value is the low four bits of the state byte and of the result of ESSA.
enum class Pair : Byte {
  Sr = 0x00,
  Sp = 0x02,
  Sz = 0x03,
  Ur = 0x04,
  Uz = 0x07,
  Pr = 0x08,
  Vr = 0x0c,
  Vz = 0x0f,
};

inline constexpr std::size_t pair_count = 8;
inline constexpr std::array<Pair, pair_count> all_pairs{Pair::Sr, Pair::Sp, Pair::Sz, Pair::Ur,
                                                        Pair::Uz, Pair::Vr, Pair::Vz, Pair::Pr};

[[nodiscard]] constexpr Usage usage_of(Byte byte) { return static_cast<Usage>(byte & usage_mask); }
[[nodiscard]] constexpr Content content_of(Byte byte) { return static_cast<Content>(byte & content_mask); }
[[nodiscard]] constexpr Pair pair_of(Byte byte) { return static_cast<Pair>(byte & pair_mask); }
[[nodiscard]] constexpr Byte byte_of(Pair pair) { return static_cast<Byte>(pair); }

[[nodiscard]] constexpr bool is_resident(Byte byte) { return (byte & content_mask) == 0; }
[[nodiscard]] constexpr bool is_discarded(Byte byte) { return pair_of(byte) == Pair::Vz; }

// Place of the pair in `all_pairs`, which is also its row in the tables; `pair_count` if it breaks T1.
// Only the low four bits are looked at.
[[nodiscard]] constexpr std::size_t index_of(Byte byte) {
  constexpr auto rows = [] {
    std::array<std::uint8_t, 16> table{};
    table.fill(pair_count);
    for (std::uint8_t i = 0; i < pair_count; ++i) table.at(byte_of(all_pairs.at(i))) = i;
    return table;
  }();
  return rows[byte & pair_mask];
}

[[nodiscard]] constexpr bool is_valid_pair(Byte byte) { return index_of(byte) < pair_count; }

// "Sr", "Vz"...; "??" for an invalid pair.
[[nodiscard]] std::string_view pair_name(Byte byte);

// The pair, then N for no-DAT, g for guarded and o for old: "Sr", "UzNg", "Vro".
[[nodiscard]] std::string to_text(Byte byte);

// Inverse of to_text; empty for anything else. Marks in the order N, g, o, each at most once.
[[nodiscard]] std::optional<Byte> parse(std::string_view text);

}  // namespace cmma::state
#endif
