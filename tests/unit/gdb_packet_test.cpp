// The packet layer of the gdb server: framing, checksums, escapes, and streams that are cut, damaged or
// endless.
#include "gdb/packet.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace cmma::gdb {
namespace {

using Kind = Event::Kind;

std::vector<Event> events_of(std::string_view stream, std::size_t piece) {
  PacketReader reader;
  std::vector<Event> events;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    reader.add(stream.substr(at, piece));
    while (auto event = reader.next()) events.push_back(std::move(*event));
  }
  return events;
}

struct Case {
  const char* name;
  std::string stream;
  std::vector<Event> events;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"packet", "$g#67", {{Kind::packet, "g"}}},
      {"empty packet", "$#00", {{Kind::packet, ""}}},
      {"capital digits", "$m0,4#FD", {{Kind::packet, "m0,4"}}},
      {"wrong checksum", "$g#68", {{Kind::bad, ""}}},
      {"no digits", "$g#zz$g#67", {{Kind::bad, ""}, {Kind::packet, "g"}}},
      {"acknowledgements", "+-+", {{Kind::ack, ""}, {Kind::nak, ""}, {Kind::ack, ""}}},
      {"interrupt", "\x03", {{Kind::interrupt, ""}}},
      {"interrupt inside is data", "$\x03#03", {{Kind::packet, "\x03"}}},
      {"escapes", "$}\x03}]#5d", {{Kind::bad, ""}}},
      {"noise", "abc#12$?#3f", {{Kind::packet, "?"}}},
      {"half a packet, then a whole one", "$m12$g#67", {{Kind::packet, "g"}}},
      {"half a checksum", "$g#6", {}},
      {"half a packet", "$qSuppor", {}},
      {"nothing", "", {}},
  };
  return all;
}

TEST(GdbPacket, EventsAreTheSameHoweverTheStreamIsCut) {
  for (const Case& one : cases()) {
    for (const std::size_t piece : {1u, 2u, 3u, 100u})
      EXPECT_EQ(events_of(one.stream, piece), one.events) << one.name << " in pieces of " << piece;
  }
}

TEST(GdbPacket, WhatIsFramedIsReadBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const auto events = events_of(frame(all), 7);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0], (Event{Kind::packet, all}));
  EXPECT_EQ(frame("OK"), "$OK#9a");
  EXPECT_EQ(frame("*"), "$}\x0a#87");
}

TEST(GdbPacket, TooLongIsSaidOnceAndForgotten) {
  const std::string fits(longest_packet, 'a');
  EXPECT_EQ(events_of(frame(fits), 1000), (std::vector<Event>{{Kind::packet, fits}}));
  EXPECT_EQ(events_of(frame(fits + "a") + "$g#67", 1000),
            (std::vector<Event>{{Kind::too_long, ""}, {Kind::packet, "g"}}));
}

TEST(GdbPacket, AnyBytesDoNoHarm) {
  std::mt19937 random(1);
  constexpr std::string_view alphabet = "$#+-}\x03g0123456789abcdefmMXZzvq:;,";
  for (int round = 0; round < 2000; ++round) {
    std::string stream;
    for (unsigned i = 0; i < 200; ++i) stream.push_back(alphabet[random() % alphabet.size()]);
    EXPECT_EQ(events_of(stream, 1), events_of(stream, 1 + random() % 50));
  }
}

TEST(GdbPacket, Numbers) {
  EXPECT_EQ(whole_number("ffffffffffffffff"), ~0ull);
  EXPECT_FALSE(whole_number("10000000000000000"));
  EXPECT_FALSE(whole_number(""));
  EXPECT_FALSE(whole_number("-1"));
  EXPECT_FALSE(whole_number("1x"));
  EXPECT_EQ(from_hex("4f4b"), "OK");
  EXPECT_FALSE(from_hex("4f4"));
  EXPECT_FALSE(from_hex("4x"));
}

}  // namespace
}  // namespace cmma::gdb
