#include "page/markup.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace cmma::page {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Bytes of the UTF-8 character at the front, 0 if there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text.at(i)); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Forms that are too long, surrogates, and what is beyond Unicode.
  if (length >= 3) {
    const unsigned second = byte(1);
    if (first == 0xE0 && second < 0xA0) return 0;
    if (first == 0xED && second > 0x9F) return 0;
    if (first == 0xF0 && second < 0x90) return 0;
    if (first == 0xF4 && second > 0x8F) return 0;
  }
  return length;
}

// "12.3", with three digits that count and no zeros at the end.
std::string three_digits(double number) {
  std::string text = fmt::format("{:.{}f}", number, number < 9.995 ? 2 : number < 99.95 ? 1 : 0);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const char first = text.front();
    const std::string_view character = text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
    const bool is_control = length == 1 && (static_cast<unsigned char>(first) < 0x20 || first == 0x7F);
    if (length == 0 || (is_control && first != '\n' && first != '\t')) {
      out += replacement;
    } else if (first == '&') {
      out += "&amp;";
    } else if (first == '<') {
      out += "&lt;";
    } else if (first == '>') {
      out += "&gt;";
    } else if (first == '"') {
      out += "&quot;";
    } else if (first == '\'') {
      out += "&#39;";
    } else {
      out += character;
    }
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits.at(i);
  }
  return text;
}

std::uint64_t whole(double number) {
  if (!(number > 0)) return 0;
  return number >= 0x1p64 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(number);
}

std::string rounded(double number) {
  if (number < 9999.5) return number < 10 ? three_digits(number) : grouped(whole(number + 0.5));
  struct Scale {
    double one;
    std::string_view word;
  };
  constexpr std::array<Scale, 4> scales{
      {{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}}};
  for (const Scale& scale : scales) {
    // What would be rounded up to 1000 is one of the next.
    if (number >= scale.one * 0.9995) return three_digits(number / scale.one) + std::string{scale.word};
  }
  return three_digits(number);
}

std::string size_of_blocks(double blocks) {
  const double kilobytes = blocks * 4;
  if (kilobytes >= 1024.0 * 1024.0) return three_digits(kilobytes / (1024.0 * 1024.0)) + " GB";
  if (kilobytes >= 1024.0) return three_digits(kilobytes / 1024.0) + " MB";
  return three_digits(kilobytes) + " KB";
}

std::string percent(std::uint64_t part, std::uint64_t of) {
  const double share = of == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(of);
  return fmt::format("{} %", share == 0 || share >= 9.5 ? fmt::format("{:.0f}", share)
                             : share < 0.05             ? std::string{"under 0.1"}
                                                        : fmt::format("{:.1f}", share));
}

}  // namespace cmma::page
