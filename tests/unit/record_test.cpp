// Counters, the matrix and the report.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "record/counters.hpp"
#include "record/matrix.hpp"
#include "record/report.hpp"

namespace cmma::record {
namespace {

namespace fs = std::filesystem;

TEST(Counters, CountAndPrint) {
  Counters counters;
  counters.add(Counter::page_ins);
  counters.add(Counter::page_outs, 41);
  counters.add_essa(6);
  counters.raise_to(Counter::frames_peak, 9);
  counters.raise_to(Counter::frames_peak, 7);
  EXPECT_EQ(counters.get(Counter::page_outs), 41);
  EXPECT_EQ(counters.get(Counter::essa_6), 1);
  EXPECT_EQ(counters.get(Counter::frames_peak), 9);

  const std::string some = counters_as_text(counters.snapshot(), false);
  EXPECT_EQ(std::ranges::count(some, '\n'), 4);
  EXPECT_NE(some.find("page_outs                    41 blocks"), std::string::npos) << some;
  const std::string all = counters_as_text(counters.snapshot(), true);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(all, '\n')), counter_count);
}

TEST(Counters, NamesAreDistinctAndExplained) {
  std::set<std::string_view> names;
  for (const CounterInfo& info : counter_list()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.unit.empty());
    EXPECT_FALSE(info.meaning.empty());
  }
  EXPECT_EQ(names.size(), counter_count);
}

TEST(Counters, ExactFromManyThreads) {
  Counters counters;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back([&counters, t] {
      for (std::uint64_t i = 0; i < 10000; ++i) {
        counters.add(Counter::page_ins);
        counters.raise_to(Counter::frames_peak, i * t);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(counters.get(Counter::page_ins), 40000);
  EXPECT_EQ(counters.get(Counter::frames_peak), 9999 * 4);
}

TEST(StateMatrix, CountsPairsWhateverTheOtherBits) {
  const std::vector<std::uint8_t> states{0x00, 0x20, 0x40, 0x02, 0x03, 0x84, 0x87, 0x0c, 0x0f, 0x08, 0x0f};
  const Matrix matrix = count_states(states);
  EXPECT_EQ(matrix.at("Sr"), 3);
  EXPECT_EQ(matrix.at("Sp"), 1);
  EXPECT_EQ(matrix.at("Sz"), 1);
  EXPECT_EQ(matrix.at("Ur"), 1);
  EXPECT_EQ(matrix.at("Uz"), 1);
  EXPECT_EQ(matrix.at("Vr"), 1);
  EXPECT_EQ(matrix.at("Vz"), 2);
  EXPECT_EQ(matrix.at("Pr"), 1);
  EXPECT_EQ(matrix.at("Pz"), 0);
  EXPECT_EQ(matrix.at("xx"), 0);
  EXPECT_EQ(matrix.at(""), 0);
  EXPECT_EQ(matrix.nodat, 1);
  EXPECT_EQ(matrix.reserved, 0);
  EXPECT_EQ(matrix.total(), states.size());
}

TEST(StateMatrix, InvalidBytesAreCountedToo) {
  const std::vector<std::uint8_t> states{0x01, 0x05, 0x0e};
  const Matrix matrix = count_states(states);
  EXPECT_EQ(matrix.reserved, 2);
  EXPECT_EQ(matrix.at("Vp"), 1);
  EXPECT_EQ(matrix.total(), 3);
}

TEST(StateMatrix, Text) {
  const std::vector<std::uint8_t> states{0x00, 0x00, 0x02, 0x07, 0x0f};
  EXPECT_EQ(matrix_as_text(count_states(states)),
            "blocks                     r resident  p preserved       z zero          all\n"
            "S stable                            2            1            0            3\n"
            "U unused                            0            0            1            1\n"
            "P potentially volatile              0            0            0            0\n"
            "V volatile                          0            0            1            1\n"
            "all                                 2            1            2            5\n");
}

Report example_report() {
  const std::vector<std::uint8_t> states{0x00, 0x0f};
  Report report{.options = {{"policy", "storm"}, {"store", "odd\xff name"}}, .blocks = 2, .frames = 1};
  report.matrix = count_states(states);
  report.counters.at(static_cast<std::size_t>(Counter::discard_faults)) = 5;
  return report;
}

TEST(RunReport, NamedFields) {
  const auto json = report_as_json(example_report());
  EXPECT_EQ(json["schema"], 2);
  EXPECT_EQ(json["options"]["policy"], "storm");
  EXPECT_EQ(json["matrix"]["Sr"], 1);
  EXPECT_EQ(json["matrix"]["Vz"], 1);
  EXPECT_EQ(json["matrix"].size(), 14);
  EXPECT_EQ(json["counters"]["discard_faults"], 5);
  EXPECT_EQ(json["counters"].size(), counter_count);
}

TEST(RunReport, FileIsWholeOrNotThere) {
  const fs::path folder = fs::temp_directory_path() / ("cmma-report-" + std::to_string(getpid()));
  fs::create_directory(folder);
  const fs::path path = folder / "run.json";
  ASSERT_TRUE(write_report(path, example_report()).has_value());
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file);
  EXPECT_EQ(json["frames"], 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  fs::remove_all(folder);

  const auto failed = write_report(path, example_report());
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().find(path.string()), std::string::npos);
}

}  // namespace
}  // namespace cmma::record
