#include "gdb/packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace cmma::gdb {
namespace {

constexpr char escape = '}';
constexpr char escape_flip = 0x20;
constexpr char control_c = 0x03;

int digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

std::uint8_t value(char byte) { return static_cast<std::uint8_t>(byte); }

}  // namespace

void PacketReader::add(std::string_view bytes) {
  for (const char byte : bytes) take(byte);
}

std::optional<Event> PacketReader::next() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void PacketReader::keep(char byte) {
  if (text_.size() >= longest_packet) {
    too_long_ = true;
    text_.clear();
  }
  if (!too_long_) text_.push_back(byte);
}

void PacketReader::take(char byte) {
  const auto begin = [this] {
    state_ = State::inside;
    too_long_ = false;
    sum_ = 0;
    text_.clear();
  };
  switch (state_) {
    case State::between:
      if (byte == '$') begin();
      if (byte == '+') events_.push_back({Event::Kind::ack, {}});
      if (byte == '-') events_.push_back({Event::Kind::nak, {}});
      if (byte == control_c) events_.push_back({Event::Kind::interrupt, {}});
      return;
    case State::inside:
      // An unescaped `$` inside means that the end of the packet before was lost.
      if (byte == '$') return begin();
      if (byte == '#') {
        state_ = State::first_digit;
        return;
      }
      sum_ = static_cast<std::uint8_t>(sum_ + value(byte));
      if (byte == escape) {
        state_ = State::escaped;
      } else {
        keep(byte);
      }
      return;
    case State::escaped:
      sum_ = static_cast<std::uint8_t>(sum_ + value(byte));
      keep(static_cast<char>(byte ^ escape_flip));
      state_ = State::inside;
      return;
    case State::first_digit:
      first_digit_ = byte;
      state_ = State::second_digit;
      return;
    case State::second_digit:
      finish(byte);
  }
}

void PacketReader::finish(char second_digit) {
  state_ = State::between;
  const int high = digit(first_digit_);
  const int low = digit(second_digit);
  Event event{Event::Kind::packet, std::exchange(text_, {})};
  if (high < 0 || low < 0 || high * 16 + low != sum_) event = {Event::Kind::bad, {}};
  if (too_long_) event = {Event::Kind::too_long, {}};
  events_.push_back(std::move(event));
}

std::string frame(std::string_view text) {
  std::string wire = "$";
  std::uint8_t sum = 0;
  const auto put = [&](char byte) {
    wire.push_back(byte);
    sum = static_cast<std::uint8_t>(sum + value(byte));
  };
  for (const char byte : text) {
    // '*' would begin a repetition.
    if (byte == '$' || byte == '#' || byte == escape || byte == '*') {
      put(escape);
      put(static_cast<char>(byte ^ escape_flip));
    } else {
      put(byte);
    }
  }
  return wire + fmt::format("#{:02x}", sum);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex.push_back(digits[byte >> 4]);
    hex.push_back(digits[byte & 15]);
  }
  return hex;
}

std::string to_hex(std::string_view text) {
  return to_hex(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit(digits[i]);
    const int low = digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view take_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace cmma::gdb
