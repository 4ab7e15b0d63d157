#include "record/matrix.hpp"

#include <fmt/format.h>

#include <atomic>
#include <iterator>
#include <numeric>

namespace cmma::record {
namespace {

constexpr std::uint8_t nodat_bit = 0x20;

std::uint64_t sum_of(std::span<const std::uint64_t> values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

void append_row(std::string& text, std::string_view label, std::array<std::uint64_t, content_count> row) {
  fmt::format_to(std::back_inserter(text), "{:<24} {:>12} {:>12} {:>12} {:>12}\n", label, row.at(0),
                 row.at(1), row.at(2), sum_of(row));
}

}  // namespace

std::uint64_t Matrix::total() const {
  std::uint64_t sum = reserved;
  for (const auto& row : blocks) sum += sum_of(row);
  return sum;
}

Matrix& Matrix::operator+=(const Matrix& other) {
  for (std::size_t usage = 0; usage < usage_count; ++usage) {
    for (std::size_t content = 0; content < content_count; ++content)
      blocks.at(usage).at(content) += other.blocks.at(usage).at(content);
  }
  nodat += other.nodat;
  reserved += other.reserved;
  return *this;
}

std::uint64_t Matrix::at(std::string_view pair) const {
  if (pair.size() != 2) return 0;
  const std::size_t usage = usage_letters.find(pair.at(0));
  const std::size_t content = content_letters.find(pair.at(1));
  if (usage == std::string_view::npos || content == std::string_view::npos) return 0;
  return blocks.at(usage).at(content);
}

Matrix count_states(std::span<const std::uint8_t> states) {
  // Counting whole bytes first keeps the loop over a large storage short.
  std::array<std::uint64_t, 256> bytes{};
  for (const std::uint8_t& state : states) {
    const std::uint8_t byte = __atomic_load_n(&state, __ATOMIC_RELAXED);
    ++bytes[byte];
  }
  // Content code to column; 1 is reserved.
  static constexpr std::array<std::size_t, 4> column{0, content_count, 1, 2};
  Matrix matrix;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    const std::uint64_t count = bytes.at(byte);
    const std::size_t content = column.at(byte & 3);
    if (content == content_count) {
      matrix.reserved += count;
    } else {
      matrix.blocks.at((byte >> 2) & 3).at(content) += count;
    }
    if ((byte & nodat_bit) != 0) matrix.nodat += count;
  }
  return matrix;
}

std::string matrix_as_text(const Matrix& matrix) {
  std::string text = fmt::format("{:<24} {:>12} {:>12} {:>12} {:>12}\n", "blocks", "r resident",
                                 "p preserved", "z zero", "all");
  std::array<std::uint64_t, content_count> sums{};
  for (std::size_t usage = 0; usage < usage_count; ++usage) {
    const auto& row = matrix.blocks.at(usage);
    append_row(text, fmt::format("{} {}", usage_letters.at(usage), usage_names.at(usage)), row);
    for (std::size_t i = 0; i < content_count; ++i) sums.at(i) += row.at(i);
  }
  append_row(text, "all", sums);
  return text;
}

}  // namespace cmma::record
