// Sizes and byte order of the trace file, shared by its writer and its reader and by nobody else.
#ifndef CMMA_RECORD_TRACE_FORMAT_HPP
#define CMMA_RECORD_TRACE_FORMAT_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cmma::record::format {

inline constexpr std::string_view magic{"CMMATRC\0", 8};
inline constexpr std::size_t header_size = 32;
inline constexpr std::size_t record_size = 16;
inline constexpr std::uint8_t end_kind = 31;
inline constexpr unsigned detail_shift = 5;
inline constexpr std::uint8_t kind_mask = 0x1f;
inline constexpr std::uint8_t no_cpu = 255;

inline void put(std::span<unsigned char> to, std::uint64_t value) {
  for (unsigned char& byte : to) {
    byte = static_cast<unsigned char>(value & 0xff);
    value >>= 8;
  }
}

[[nodiscard]] inline std::uint64_t get(std::span<const unsigned char> from) {
  std::uint64_t value = 0;
  for (std::size_t i = from.size(); i > 0; --i) value = value << 8 | from[i - 1];
  return value;
}

}  // namespace cmma::record::format
#endif
