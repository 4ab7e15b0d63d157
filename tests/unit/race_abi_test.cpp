// The C ABI of the race engine, as a machine uses it: through race.h alone, on the real operating system.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cmma/race.h"
#include "host_rig.hpp"
#include "race/scenario.hpp"

namespace cmma::test {
namespace {

class RaceAbi : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override {
    cmma_race_close(race, CMMA_RACE_FAILED);
    cmma_close(host);
    std::filesystem::remove_all(folder);
  }

  void open(const std::string& triggers) {
    std::ofstream(folder / "s.toml") << "name = \"n\"\nsummary = \"s\"\n" << triggers;
    open_with("race=" + (folder / "s.toml").string() + ",schedule=" + (folder / "out.toml").string() +
              ",interleaving=" + (folder / "out.txt").string());
  }
  void open_with(const std::string& options) {
    const cmma_machine table = machine.table();
    host = cmma_open(options.c_str(), 64 * block_size, &table, error, sizeof error);
    ASSERT_NE(host, nullptr) << error;
    const cmma_control control{
        .context = this,
        .general_register = [](void*, int, unsigned) { return std::uint64_t{0}; },
        .psw_address = [](void*, int) { return std::uint64_t{0x1000}; },
        .translate = [](void*, int, std::uint64_t, std::uint64_t*) { return 0; },
        .run_only = [](void*, int) { return 1; },
        .timer = [](void*, int) { return 1; },
        .stop = [](void*, const char*) {},
        .monitor = [](void*) { return 0; },
        .message = [](void* self,
                      const char* line) { static_cast<RaceAbi*>(self)->messages.emplace_back(line); },
        .forget = [](void*) {}};
    race = cmma_race_open(host, &control, error, sizeof error);
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("race_abi_" + std::to_string(::getpid()));
  FakeMachine machine{64};
  char error[256] = "unset";
  cmma_host* host = nullptr;
  cmma_race* race = nullptr;
  std::vector<std::string> messages;
};

TEST_F(RaceAbi, ARunThroughEveryFunction) {
  open(
      "[[trigger]]\nevent = \"essa\"\norc = 3\naction = \"discard\"\nblock = \"event\"\n"
      "[[trigger]]\nat = 0x1000\naction = \"print\"\n"
      "[[trigger]]\naccess = 0x7000\naction = \"print\"\n"
      "[[trigger]]\ninstructions = 9\naction = \"page-out\"\nblock = 0x6000\n");
  ASSERT_NE(race, nullptr) << error;
  for (const std::uint64_t block : {5u, 6u}) ASSERT_EQ(cmma_access(host, block * block_size, 0), CMMA_DONE);
  std::uint64_t r1 = 0;
  ASSERT_EQ(cmma_essa(host, 0, 5 * block_size, 3, &r1), CMMA_DONE);
  char name[8] = "unset";
  cmma_race_name(race, 0x1000, name, sizeof name);
  EXPECT_STREQ(name, "") << "there are no symbols";
  const cmma_watch* const watch = cmma_race_watch(race);
  EXPECT_EQ(watch->deadline, 9u);
  EXPECT_TRUE(cmma_race_watches(watch, 0x1000));
  const cmma_event event{.kind = CMMA_EVENT_ESSA,
                         .cpu = 0,
                         .index = 1,
                         .instructions = 4,
                         .address = 0x1002,
                         .block = 5,
                         .operand = 0,
                         .detail = 3};
  cmma_race_event(race, &event);
  EXPECT_EQ(cmma_states(host)[5] & 0x0f, 0x0f) << "Vz";
  EXPECT_EQ(watch->block[0], 7u);
  const cmma_use access{.cpu = 0,
                        .kinds = CMMA_ACCESS_LOAD,
                        .instructions = 5,
                        .address = 0x1004,
                        .block = 7,
                        .operand = 0x7008,
                        .level = 0};
  cmma_race_accessed(race, &access);
  EXPECT_EQ(watch->blocks, 0u);
  cmma_race_address(race, 0, 0x1000, 5);
  EXPECT_FALSE(cmma_race_watches(watch, 0x1000)) << "it has fired once";
  cmma_race_reached(race, 0, 9);
  std::uint8_t byte = 1;
  EXPECT_EQ(cmma_peek(host, 6 * block_size, &byte, 1), 1);
  EXPECT_EQ(byte, 0);
  EXPECT_EQ(cmma_peek(host, 5 * block_size, &byte, 1), 0) << "discarded";
  cmma_race_close(race, CMMA_RACE_FAILED);
  race = nullptr;
  const auto schedule = race::parse_scenario(file("out.toml"), "out.toml");
  ASSERT_TRUE(schedule) << schedule.error();
  ASSERT_EQ(schedule->triggers.size(), 2u);
  EXPECT_EQ(race::describe(schedule->triggers[1]),
            "page-out 0x6000 at instruction 9, behind event 1 of cpu0");
  EXPECT_NE(file("out.txt").find("* discard 0x5000: Vr -> Vz"), std::string::npos);
  ASSERT_GE(messages.size(), 3u);
  EXPECT_EQ(messages.back(), "race: of 1 steps of the schedule 1 were done");
}

TEST_F(RaceAbi, WithoutTheOptionThereIsNoEngine) {
  open_with("seed=1");
  EXPECT_EQ(race, nullptr);
  EXPECT_STREQ(error, "");
}

TEST_F(RaceAbi, AWrongScenarioIsOneLine) {
  open("[[trigger]]\nat = 0x1000\naction = \"eat\"\n");
  EXPECT_EQ(race, nullptr);
  EXPECT_TRUE(std::string{error}.starts_with((folder / "s.toml").string() + ":5: 'eat' is not an action"))
      << error;
}

TEST_F(RaceAbi, APlanChangesTriggersAndFiles) {
  open("");
  ASSERT_NE(race, nullptr) << error;
  EXPECT_EQ(cmma_race_plan(race, "name = 1\n", nullptr, error, sizeof error), 1);
  EXPECT_STREQ(error, "plan:1: name must be a text");
  const std::string plan = (folder / "plan").string();
  EXPECT_EQ(
      cmma_race_plan(race, "name = \"p\"\nsummary = \"s\"\n[[trigger]]\nat = 2\naction = \"timer\"\nto = 0\n",
                     plan.c_str(), error, sizeof error),
      0);
  cmma_race_address(race, 0, 2, 1);
  cmma_race_close(race, CMMA_RACE_FAILED);
  race = nullptr;
  EXPECT_NE(file("plan").find("action = \"timer\""), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.txt")) << "a plan writes no interleaving";
  EXPECT_FALSE(std::filesystem::exists(folder / "out.toml"));
}

}  // namespace
}  // namespace cmma::test
