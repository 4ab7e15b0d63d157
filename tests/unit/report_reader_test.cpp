// Reports that are read back: what was written comes back, and what is not a report is one clear line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "record/report.hpp"

namespace cmma::record {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

class ReportFile : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  static Report example() {
    const std::vector<std::uint8_t> states{0x00, 0x02, 0x0f, 0x07};
    Sampler sampler(states.size());
    sampler.see(0, 1000);
    sampler.take(states, {}, 1);
    Report report{
        .options = {{"policy", "storm"}}, .blocks = 4, .frames = 2, .frames_used = 1, .instructions = 1500};
    report.matrix = count_states(states);
    report.counters.at(static_cast<std::size_t>(Counter::page_ins)) = 7;
    report.marks.push_back({.label = "half", .frames_used = 1, .instructions = 700, .matrix = report.matrix});
    report.history = sampler.until_now(states, report.counters, 1);
    report.map = map_states(states, fine_cells);
    return report;
  }

  // The error for this text in a file.
  std::string error_of(const std::string& text) {
    std::ofstream(path_) << text;
    const auto report = read_report(path_);
    return report ? "none" : report.error();
  }
  // The same for the example after `change`.
  template <typename Change>
  std::string error_after(Change change) {
    ordered_json json = report_as_json(example());
    change(json);
    return error_of(json.dump());
  }

  const fs::path folder_ = fs::temp_directory_path() / ("cmma-reader-" + std::to_string(getpid()));
  const std::string path_ = folder_ / "run.json";
};

TEST_F(ReportFile, ComesBackAsItWas) {
  ASSERT_TRUE(write_report(path_, example()).has_value());
  const auto report = read_report(path_);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report_as_text(*report), report_as_text(example()));
  EXPECT_EQ(report->marks.at(0).label, "half");
  EXPECT_EQ(report->history.samples.at(0).instructions, 1000);
}

TEST_F(ReportFile, ErrorsAreOneLineThatNamesTheFile) {
  EXPECT_EQ(read_report(path_).error(), path_ + ": No such file or directory");
  const std::string not_a_run = path_ + " is not the report of a run";
  for (const char* text : {"", "hello", "[1, 2]", "{}", "{\"schema\": \"2\"}", "{\"schema\": 2", "\xff\xfe"})
    EXPECT_TRUE(error_of(text).starts_with(not_a_run)) << text << ": " << error_of(text);
  EXPECT_EQ(error_after([](auto& json) { json["schema"] = 1; }),
            path_ + " has schema 1; this program reads 2: run it again");
}

TEST_F(ReportFile, WhatDoesNotFitIsNamed) {
  const auto wrong = [this](auto change, const std::string& what) {
    EXPECT_EQ(error_after(change), path_ + " is not the report of a run: " + what);
  };
  EXPECT_EQ(error_after([](auto&) {}), "none");
  wrong([](auto& json) { json.erase("matrix"); }, "it has no \"matrix\"");
  wrong([](auto& json) { json["matrix"] = 5; }, "\"matrix\" is not an object");
  wrong([](auto& json) { json["matrix"].erase("Vz"); }, "it has no \"Vz\"");
  wrong([](auto& json) { json["blocks"] = -1; }, "\"blocks\" is not a number");
  wrong([](auto& json) { json["blocks"] = 0; }, "\"blocks\" is 0");
  wrong([](auto& json) { json["options"]["policy"] = 3; }, "\"policy\" is not a text");
  wrong([](auto& json) { json["marks"] = 3; }, "\"marks\" is not a list");
  wrong([](auto& json) { json["marks"][0].erase("label"); }, "it has no \"label\"");
  wrong([](auto& json) { json["counters"]["page_ins"] = "many"; }, "\"page_ins\" is not a number");
  wrong([](auto& json) { json["history"]["samples"] = 1000000000; }, "\"samples\" is more than 257");
  wrong([](auto& json) { json["history"]["Sr"] = {1}; }, "\"Sr\" is not a list of 2 numbers");
  wrong([](auto& json) { json["history"]["Sr"][1] = "x"; }, "\"Sr\" has an entry that is not a number");
  wrong([](auto& json) { json["history"]["instructions"] = {5, 4}; },
        "\"instructions\" of its history go back");
  wrong([](auto& json) { json["history"]["map"] = {"ab"}; }, "\"map\" of its history is not a list of maps");
  wrong([](auto& json) { json["history"]["map"][1] = "abc<"; },
        "\"map\" of its history has an entry that is not a map");
  wrong([](auto& json) { json["history"]["map"][0] = "abc"; },
        "\"map\" of its history has an entry that is not a map");
  wrong([](auto& json) { json["map"]["cells"] = 1025; }, "\"cells\" is more than 1024");
  wrong([](auto& json) { json["map"]["cell_blocks"] = 0; }, "\"cell_blocks\" is 0");
}

TEST_F(ReportFile, ACounterThatWasNotThereYetIsZero) {
  EXPECT_EQ(error_after([](auto& json) {
              json["counters"].erase("page_outs");
              json["counters"]["of_later"] = 5;
            }),
            "none");
}

}  // namespace
}  // namespace cmma::record
