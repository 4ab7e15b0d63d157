// The outermost layer of gdb's remote protocol: packets in a stream of bytes, and numbers in packets.
//
// Used by the session and the server, and by tests. Nothing here knows what a packet means.
//
// Invariants
//   P1  A stream may be cut anywhere: the events are the same.
//   P2  No more than longest_packet bytes are kept, whatever comes.
//   P3  What cannot be a packet is skipped up to the next `$`; it makes no event but a bad one.
#ifndef CMMA_GDB_PACKET_HPP
#define CMMA_GDB_PACKET_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cmma::gdb {

inline constexpr std::size_t longest_packet = 0x4000;

struct Event {
  enum class Kind : std::uint8_t {
    packet,     // with its checksum right; `text` is unescaped
    bad,        // a packet whose checksum is wrong
    too_long,   // a packet that is longer than longest_packet; its checksum is not looked at
    interrupt,  // Ctrl-C, outside a packet
    ack,        // '+'
    nak,        // '-'
  };
  Kind kind;
  std::string text;
  bool operator==(const Event&) const = default;
};

class PacketReader {
 public:
  void add(std::string_view bytes);
  // The next event, if one is complete.
  [[nodiscard]] std::optional<Event> next();
  // Is a packet begun and not ended?
  [[nodiscard]] bool is_inside() const { return state_ != State::between; }

 private:
  enum class State : std::uint8_t { between, inside, escaped, first_digit, second_digit };
  void take(char byte);
  void keep(char byte);
  void finish(char second_digit);

  State state_ = State::between;
  bool too_long_ = false;
  std::uint8_t sum_ = 0;
  char first_digit_ = 0;
  std::string text_;
  std::deque<Event> events_;
};

// A packet as it goes over the wire: `$text#xx`, with what must be escaped escaped.
[[nodiscard]] std::string frame(std::string_view text);

// Bytes as hexadecimal digits, and back; nothing if there is an odd number of digits or something else.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string to_hex(std::string_view text);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

// A hexadecimal number at the beginning of `text`, which loses it; nothing if there is none, or if it is
// longer than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> take_number(std::string_view& text);
// The whole of `text` is a number.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text);
// `text` begins with `prefix`, and loses it.
[[nodiscard]] bool take(std::string_view& text, std::string_view prefix);
// The part of `text` before `separator` or all of it; `text` loses it and the separator.
[[nodiscard]] std::string_view take_part(std::string_view& text, char separator);

}  // namespace cmma::gdb
#endif
