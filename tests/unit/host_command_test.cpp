// The operator's commands and the reports.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using enum state::Pair;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(HostCommand, HelpNamesEveryCommand) {
  Rig rig("");
  const auto help = rig->command("help");
  EXPECT_TRUE(help.done);
  for (const char* verb : {"matrix", "counters", "frames", "options", "block", "discard", "pageout", "evict",
                           "pagein", "mark", "audit", "json"}) {
    EXPECT_TRUE(contains(help.text, verb)) << verb;
  }
}

TEST(HostCommand, UnknownAndMalformedOnesAreRefused) {
  Rig rig("");
  for (const char* line : {"", "destroy", "mark", "mark  ", "block", "block xyz", "block 0x", "discard 40000",
                           "block 0 0", "evict -1"}) {
    const auto answer = rig->command(line);
    EXPECT_FALSE(answer.done) << line;
    EXPECT_FALSE(answer.text.empty()) << line;
  }
}

TEST(HostCommand, BlockShowsStateAndCopy) {
  Rig rig("");
  rig.bring(2, Sp);
  rig.bring(3, Ur);
  rig.machine.set_exempt(4);
  EXPECT_EQ(rig->command("block 2000").text, "block 0x2000: Sp, copy on the paging store\n");
  EXPECT_EQ(rig->command(" block  0x3fff ").text, "block 0x3000: Urg\n");
  EXPECT_EQ(rig->command("block 0x4000").text, "block 0x4000: Sz, in use by the machine\n");
}

TEST(HostCommand, MarksAreInTheReportInTheirOrder) {
  Rig rig("");
  ASSERT_TRUE(rig->command("mark after boot").done);
  rig.bring(2, Sr);
  const auto answer = rig->command(" mark  one frame more");
  EXPECT_TRUE(answer.done);
  EXPECT_TRUE(contains(answer.text, "one frame more:\nblocks"));
  const auto marks = nlohmann::json::parse(rig->command("json").text)["marks"];
  ASSERT_EQ(marks.size(), 2);
  EXPECT_EQ(marks[0]["label"], "after boot");
  EXPECT_EQ(marks[1]["label"], "one frame more");
  EXPECT_EQ(marks[1]["frames_used"].get<int>(), marks[0]["frames_used"].get<int>() + 1);
  EXPECT_EQ(marks[1]["matrix"]["Sr"], 1);
  EXPECT_EQ(marks[1]["counters"]["zero_frames"], 1);
}

TEST(HostCommand, ActionsFollowTheStates) {
  for (const state::Pair pair : state::all_pairs) {
    for (const char* verb : {"discard", "pageout", "evict", "pagein"}) {
      SCOPED_TRACE(std::string{verb} + " " + std::string{state::pair_name(state::byte_of(pair))});
      Rig rig("");
      rig.bring(1, pair);
      rig.machine.set_changed(1, false);
      const bool discardable = pair == Vr || pair == Ur || pair == Pr;
      const bool resident = discardable || pair == Sr;
      const std::string_view word = verb;
      const bool expected = word == "discard"   ? discardable
                            : word == "pageout" ? pair == Sr
                            : word == "evict"   ? resident
                                                : resident || pair == Sp || pair == Sz;
      EXPECT_EQ(rig.command(verb, 1), expected);
      if (expected) {
        EXPECT_EQ(state::is_resident(rig.byte(1)), word == "pagein");
      } else {
        EXPECT_EQ(rig.pair(1), pair);
      }
      rig->check_invariants();
    }
  }
}

TEST(HostCommand, OptionsCanBeAskedFor) {
  Rig rig("nodat=off,test=on,seed=5");
  EXPECT_TRUE(rig->command("option reset-states").done);
  EXPECT_FALSE(rig->command("option nodat").done);
  EXPECT_TRUE(rig->command("option test").done);
  EXPECT_EQ(rig->command("option seed").text, "seed=5\n");
  EXPECT_FALSE(rig->command("option colour").done);
  EXPECT_TRUE(contains(rig->command("options").text, "policy=clock\n"));
}

TEST(HostCommand, MatrixAndCounters) {
  Rig rig("");
  rig.bring(1, Vr);
  EXPECT_TRUE(contains(rig->command("matrix").text, "volatile"));
  EXPECT_TRUE(contains(rig->command("counters").text, "zero_frames"));
  EXPECT_FALSE(contains(rig->command("counters").text, "page_ins"));
  EXPECT_TRUE(contains(rig->command("counters all").text, "page_ins"));
  EXPECT_TRUE(contains(rig->command("frames").text, "1 of 64"));
}

TEST(HostReport, HasTheFieldsOfTheRun) {
  const std::string path = testing::TempDir() + "host_report.json";
  Rig rig("frames=64K,seed=9,json=" + path);
  rig.bring(1, Vr);
  EXPECT_EQ(rig.access(2, 3), CMMA_DONE);
  rig->write_reports();
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file);
  EXPECT_EQ(json["schema"], 2);
  EXPECT_EQ(json["blocks"], 64);
  EXPECT_EQ(json["frames"], 16);
  EXPECT_EQ(json["frames_used"], 2);
  EXPECT_EQ(json["options"]["seed"], "9");
  EXPECT_EQ(json["matrix"]["Vr"], 1);
  EXPECT_EQ(json["counters"]["zero_frames"], 2);
  EXPECT_EQ(json["instructions"], 100 + 101 + 102 + 103);
  EXPECT_EQ(nlohmann::json::parse(rig->command("json").text)["matrix"], json["matrix"]);
}

TEST(HostReport, SaysWhatItCannotWrite) {
  Rig rig("json=/nowhere/report.json");
  rig->write_reports();
  ASSERT_EQ(rig.machine.messages.size(), 1u);
  EXPECT_TRUE(contains(rig.machine.messages[0], "/nowhere/report.json"));
}

}  // namespace
}  // namespace cmma::test
