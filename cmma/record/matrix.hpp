// The state matrix: how many blocks are in each pair of usage and content. The first statistic of a run.
//
// Who may call it: everybody. It takes raw state bytes (layout: cmma/cmma.h) and knows nothing of the
// rules, so that it also counts a pair that must not occur.
#ifndef CMMA_RECORD_MATRIX_HPP
#define CMMA_RECORD_MATRIX_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cmma::record {

inline constexpr std::size_t usage_count = 4;
inline constexpr std::size_t content_count = 3;

struct Matrix {
  // Rows S U P V, columns r p z.
  std::array<std::array<std::uint64_t, content_count>, usage_count> blocks{};
  std::uint64_t nodat = 0;     // blocks marked no-DAT
  std::uint64_t reserved = 0;  // blocks with the reserved content code: always 0
  friend bool operator==(const Matrix&, const Matrix&) = default;
  Matrix& operator+=(const Matrix& other);

  [[nodiscard]] std::uint64_t total() const;
  // "Sr", "Pz"...; 0 for a name that is not a pair.
  [[nodiscard]] std::uint64_t at(std::string_view pair) const;
};

// Other threads may change the bytes meanwhile; then the sum is right but it is no picture of one moment.
[[nodiscard]] Matrix count_states(std::span<const std::uint8_t> states);

// The names of rows and columns, in the order of Matrix::blocks.
inline constexpr std::string_view usage_letters = "SUPV";
inline constexpr std::string_view content_letters = "rpz";
inline constexpr std::array<std::string_view, usage_count> usage_names{"stable", "unused",
                                                                       "potentially volatile", "volatile"};
inline constexpr std::array<std::string_view, content_count> content_names{"resident", "preserved", "zero"};

// Six lines: heading, S U P V, total.
[[nodiscard]] std::string matrix_as_text(const Matrix& matrix);

}  // namespace cmma::record
#endif
