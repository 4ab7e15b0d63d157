// The event trace: what is written comes back, and a damaged file is noticed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "record/trace.hpp"

namespace cmma::record {
namespace {

namespace fs = std::filesystem;

class Trace : public testing::Test {
 protected:
  Trace()
      : path_(fs::temp_directory_path() / ("cmma-trace-" + std::to_string(getpid()) + "-" +
                                           testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  ~Trace() override { fs::remove(path_); }

  void write(const std::vector<Event>& events) {
    auto writer = TraceWriter::open(path_, 1000);
    ASSERT_TRUE(writer.has_value()) << writer.error();
    for (const Event& event : events) (*writer)->write(event);
    const auto closed = (*writer)->close();
    ASSERT_TRUE(closed.has_value()) << closed.error();
  }

  // All events, and the error that ended the reading, if any.
  std::pair<std::vector<Event>, std::string> read_all() {
    auto reader = TraceReader::open(path_);
    if (!reader) return {{}, reader.error()};
    EXPECT_EQ(reader->blocks(), 1000);
    std::vector<Event> events;
    for (;;) {
      const auto event = reader->next();
      if (!event) return {events, event.error()};
      if (!*event) return {events, ""};
      events.push_back(**event);
    }
  }

  fs::path path_;
};

std::vector<Event> example_events() {
  return {
      {.kind = EventKind::essa, .detail = 7, .old_state = 0x00, .new_state = 0x20, .cpu = 0, .block = 5},
      {.kind = EventKind::discard, .old_state = 0x0c, .new_state = 0x0f, .block = 0xffffffff},
      {.kind = EventKind::served,
       .old_state = 0xe7,
       .new_state = 0xff,
       .cpu = 254,
       .instructions = UINT64_MAX},
  };
}

TEST_F(Trace, RoundTrip) {
  write(example_events());
  EXPECT_EQ(fs::file_size(path_), 32 + 16 * 4);
  const auto [events, error] = read_all();
  EXPECT_EQ(error, "");
  EXPECT_EQ(events, example_events());
}

TEST_F(Trace, EmptyRun) {
  write({});
  EXPECT_EQ(read_all(), (std::pair{std::vector<Event>{}, std::string{}}));
}

// The bytes themselves: a reader of another language relies on them.
TEST_F(Trace, Layout) {
  write({{.kind = EventKind::essa,
          .detail = 2,
          .old_state = 0x40,
          .new_state = 0xc4,
          .cpu = 1,
          .block = 0x10203,
          .instructions = 0x55}});
  std::ifstream file(path_, std::ios::binary);
  std::vector<char> bytes(64);
  file.read(bytes.data(), 64);
  EXPECT_EQ(std::string(bytes.data(), 7), "CMMATRC");
  EXPECT_EQ(bytes.at(8), 1);
  EXPECT_EQ(bytes.at(12), 16);
  const std::vector<char> record(bytes.begin() + 32, bytes.begin() + 48);
  const std::vector<char> expected{0x55, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 2 << 5, 0x40, '\xc4', 1};
  EXPECT_EQ(record, expected);
}

TEST_F(Trace, ManyThreadsLoseNothing) {
  auto writer = TraceWriter::open(path_, 1000);
  ASSERT_TRUE(writer.has_value());
  std::vector<std::jthread> threads;
  for (int cpu = 0; cpu < 4; ++cpu) {
    threads.emplace_back([&writer, cpu] {
      for (std::uint64_t i = 0; i < 5000; ++i) {
        (*writer)->write({.kind = EventKind::page_in, .cpu = cpu, .block = i, .instructions = i});
      }
    });
  }
  threads.clear();
  ASSERT_TRUE((*writer)->close().has_value());
  const auto [events, error] = read_all();
  EXPECT_EQ(error, "");
  EXPECT_EQ(events.size(), 20000);
  std::array<std::uint64_t, 4> next{};
  for (const Event& event : events) {
    EXPECT_EQ(event.block, next.at(static_cast<std::size_t>(event.cpu))++);
  }
}

TEST_F(Trace, EveryTruncationIsNoticed) {
  write(example_events());
  for (std::uintmax_t size = fs::file_size(path_); size > 0;) {
    fs::resize_file(path_, --size);
    EXPECT_NE(read_all().second, "") << size;
  }
}

TEST_F(Trace, DamageIsNoticed) {
  const auto damaged = [&](std::streamoff place, char value) {
    write(example_events());
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(place);
    file.put(value);
    file.close();
    return read_all().second;
  };
  EXPECT_NE(damaged(0, 'X').find("not an event trace"), std::string::npos);
  EXPECT_NE(damaged(8, 2).find("schema 2"), std::string::npos);
  EXPECT_NE(damaged(32 + 12, 30).find("unknown kind 30"), std::string::npos);
  EXPECT_NE(damaged(32 + 16 * 3, 4).find("end mark says 4"), std::string::npos);
  EXPECT_NE(damaged(32 + 12, 31).find("goes on after its end mark"), std::string::npos);
}

TEST_F(Trace, ErrorsAreValues) {
  const auto missing = TraceWriter::open("/nonexistent/folder/trace", 1);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().find("/nonexistent/folder/trace"), std::string::npos);
  EXPECT_FALSE(TraceReader::open("/nonexistent/trace").has_value());

  auto full = TraceWriter::open("/dev/full", 1);
  ASSERT_TRUE(full.has_value());
  for (int i = 0; i < 10000; ++i) (*full)->write({});
  const auto closed = (*full)->close();
  ASSERT_FALSE(closed.has_value());
  EXPECT_NE(closed.error().find("No space left"), std::string::npos) << closed.error();

  auto large = TraceWriter::open(path_, 1);
  ASSERT_TRUE(large.has_value());
  (*large)->write({.block = std::uint64_t{1} << 32});
  EXPECT_FALSE((*large)->close().has_value());
}

TEST_F(Trace, EveryKindHasAName) {
  for (std::size_t i = 0; i < event_kind_count; ++i)
    EXPECT_FALSE(event_name(static_cast<EventKind>(i)).empty());
  EXPECT_EQ(event_name(static_cast<EventKind>(event_kind_count)), "");
}

}  // namespace
}  // namespace cmma::record
