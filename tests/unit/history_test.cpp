// The samples of a run: bounded in number, in order, and the same for the same events.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "host_rig.hpp"
#include "record/history.hpp"
#include "record/report.hpp"

namespace cmma {
namespace {

namespace fs = std::filesystem;
using record::Sampler;

TEST(BlockMap, CellsCoverEverythingOnce) {
  std::vector<std::uint8_t> states(2500, 0x00);
  states.at(2499) = 0x0f;
  const record::BlockMap map = record::map_states(states, record::fine_cells);
  EXPECT_EQ(map.cell_blocks, 3);
  ASSERT_EQ(map.cells.size(), 834);
  EXPECT_EQ(map.cells.back().total(), 1);
  EXPECT_EQ(map.cells.back().at("Vz"), 1);
  record::Matrix sum;
  for (const record::Matrix& cell : map.cells) sum += cell;
  EXPECT_EQ(sum, record::count_states(states));

  EXPECT_EQ(record::map_states(std::vector<std::uint8_t>(7), 128).cells.size(), 7);
}

TEST(BlockMap, LetterOfTheMostFrequentPair) {
  const auto letter = [](std::vector<std::uint8_t> states) {
    return record::letter_of(record::count_states(states));
  };
  EXPECT_EQ(letter({0x00, 0x0f, 0x0f}), 'l');
  EXPECT_EQ(letter({0x00, 0x0f}), 'a');
  EXPECT_EQ(letter({0x42}), 'b');
  EXPECT_EQ(letter({0x84, 0x87, 0x84}), 'd');
}

TEST(Sampler, BoundedAndEvenHoweverLong) {
  std::vector<std::uint8_t> states(64, 0x03);
  Sampler sampler(states.size());
  ASSERT_TRUE(sampler.count(0));
  sampler.take(states, {}, 0);
  std::uint64_t events = 0;
  for (int i = 0; i < 100000; ++i) {
    sampler.see(0, static_cast<std::uint64_t>(i) * 10);
    if (sampler.count(1)) sampler.take(states, {}, 1);
    ++events;
    if (i % 9999 == 0) {
      ASSERT_LE(sampler.until_now(states, {}, 0).samples.size(), record::history_limit + 1);
    }
  }
  const record::History history = sampler.until_now(states, {}, 2);
  EXPECT_GT(history.samples.size(), record::history_limit / 2);
  EXPECT_EQ(history.interval, 512);  // 16, doubled until 256 of them are more than the run
  for (std::size_t i = 0; i + 1 < history.samples.size(); ++i) {
    EXPECT_EQ(history.samples.at(i).events, i * history.interval);
    EXPECT_LE(history.samples.at(i).instructions, history.samples.at(i + 1).instructions);
    EXPECT_EQ(history.samples.at(i).matrix.at("Sz"), 64);
  }
  EXPECT_EQ(history.samples.back().events, events);
  EXPECT_EQ(history.samples.back().frames_used, 2);
}

TEST(Sampler, ALargeStorageIsLookedAtLessOften) {
  Sampler sampler(1 << 20);
  EXPECT_EQ(sampler.until_now({}, {}, 0).interval, 1024);
}

TEST(Sampler, InstructionsNeverGoDown) {
  Sampler sampler(16);
  sampler.see(0, 100);
  sampler.see(1, 50);
  sampler.see(0, 120);
  EXPECT_EQ(sampler.instructions(), 170);
  sampler.see(0, 5);  // reset, and begun again
  EXPECT_EQ(sampler.instructions(), 175);
  sampler.see(1000000, 5);  // no such CPU
  EXPECT_EQ(sampler.instructions(), 175);
}

// A run of the host: more blocks than frames, some volatile.
std::string text_of_a_run() {
  test::Rig rig("policy=clock,frames=256K,seed=1", 256);
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t block = 0; block < 256; ++block) {
      if (rig.pair(block) == state::Pair::Vz) rig.essa(block, 1);
      rig.store(block, static_cast<std::uint8_t>(block));
      rig.machine.set_changed(block, false);
      if (block % 2 == 0) rig.essa(block, 3);
      rig->reclaim(0);
    }
  }
  return rig->command("json").text;
}

TEST(RunHistory, TheSameEventsGiveTheSameSamples) {
  const std::string text = text_of_a_run();
  EXPECT_EQ(text, text_of_a_run());
  const auto json = nlohmann::json::parse(text);
  EXPECT_GT(json["history"]["samples"], 10);
  EXPECT_GT(json["history"]["discards_volatile"].back(), 0);
  EXPECT_EQ(json["history"]["discards_volatile"].back(), json["counters"]["discards_volatile"]);
  EXPECT_EQ(json["history"]["events"].front(), 0);
}

TEST(RunHistory, EachSampleHasAllBlocks) {
  const fs::path path = fs::temp_directory_path() / ("cmma-history-" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << text_of_a_run();
  const auto report = record::read_report(path);
  fs::remove(path);
  ASSERT_TRUE(report.has_value()) << report.error();
  for (const record::Sample& sample : report->history.samples) {
    EXPECT_EQ(sample.matrix.total(), 256);
    EXPECT_EQ(sample.map.size(), 128);
    EXPECT_LE(sample.frames_used, 64);
  }
  EXPECT_EQ(report->map.cells.size(), 256);
  EXPECT_EQ(report->history.samples.back().matrix, [&] {
    record::Matrix matrix = report->matrix;
    matrix.nodat = matrix.reserved = 0;  // not in the series
    return matrix;
  }());
}

}  // namespace
}  // namespace cmma
