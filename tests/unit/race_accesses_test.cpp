// The race engine against a machine of steps: accesses to blocks, and stores into DAT tables.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "race_engine_fixture.hpp"

namespace cmma::test {
namespace {

using state::Pair;

// CPU 0 loads from block 6 and stores into it between what CPU 1 does with it.
std::vector<std::vector<Step>> users() {
  constexpr std::uint32_t both = CMMA_ACCESS_LOAD | CMMA_ACCESS_STORE;
  return {
      {{.address = 0x1000, .block = 6, .access = CMMA_ACCESS_LOAD},
       {.address = 0x1004, .block = 6, .access = CMMA_ACCESS_STORE},
       {.address = 0x1008, .block = 5, .access = CMMA_ACCESS_STORE},
       {.address = 0x100c, .block = 6, .access = both},
       {0x1010}},
      {{0x2000}, {0x2004}, {.address = 0x2008, .block = 6, .access = CMMA_ACCESS_STORE}, {0x200c}, {0x2010}}};
}

TEST_F(RaceEngine, CountsAccessesToABlock) {
  run("[[trigger]]\naccess = 0x6123\ncount = 0\naction = \"print\"\n"
      "[[trigger]]\naccess = 0x6000\nkind = \"store\"\ncount = 0\naction = \"print\"\n"
      "[[trigger]]\naccess = 0x6000\nkind = \"load\"\ncpu = 0\nnth = 2\naction = \"page-out\"\nblock = "
      "0x6000\n"
      "[[trigger]]\naccess = 0x7000\naction = \"print\"\n",
      users());
  EXPECT_EQ(engine->tally(0).done, 4u);
  EXPECT_EQ(engine->tally(1).done, 3u);
  EXPECT_EQ(engine->tally(2).done, 1u);
  EXPECT_EQ(engine->tally(3).reached, 0u);
  EXPECT_EQ(rig->pair(6), Pair::Sp);
  EXPECT_EQ(race::describe(engine->schedule().triggers.at(0)),
            "page-out 0x6000 at instruction 8, behind event 0 of cpu0")
      << "when CPU 0 goes on";
  EXPECT_NE(machine->messages[0].find("race: cpu0 at 1000 work, instruction 2,"), std::string::npos)
      << machine->messages[0];
}

TEST_F(RaceEngine, AScheduleOfAccessesReplays) {
  run("[[trigger]]\nname = \"s\"\naccess = 0x6000\nkind = \"store\"\naction = \"switch\"\nto = 1\nuntil = "
      "\"other+0x10\"\n"
      "[[trigger]]\nafter = \"s\"\naccess = 0x6000\ncpu = 1\naction = \"page-out\"\nblock = 0x6000\n",
      users());
  EXPECT_EQ(engine->tally(1).done, 1u);
  const auto first_log = log();
  EXPECT_EQ(first_log, (std::vector<std::string>{"0:1000", "1:2000", "0:1004", "1:2004", "1:2008", "1:200c",
                                                 "0:1008", "0:100c", "0:1010", "1:2010"}));
  const std::string schedule = race::write_scenario(engine->schedule());
  run(schedule.substr(schedule.find("\n[[trigger]]")), users());
  EXPECT_EQ(log(), first_log);
  EXPECT_EQ(race::write_scenario(engine->schedule()), schedule);
}

// The machine is slow with what is watched: nothing is before its turn, nor after it.
TEST_F(RaceEngine, WatchesBlocksWhileTheyAreOfUse) {
  run("[[trigger]]\naccess = 0x6000\nnth = 5\naction = \"print\"\n"
      "[[trigger]]\naccess = 0x6fff\nnth = 6\naction = \"print\"\n"
      "[[trigger]]\nname = \"late\"\naccess = 0x7000\naction = \"print\"\n"
      "[[trigger]]\nafter = \"late\"\naccess = 0x8000\naction = \"print\"\n");
  EXPECT_EQ(engine->watch().blocks, 2u);
  const std::uint32_t list = engine->watch().list;
  engine->accessed({.cpu = 0,
                    .kinds = CMMA_ACCESS_LOAD,
                    .instructions = 20,
                    .address = 2,
                    .block = 6,
                    .operand = 0,
                    .level = 0});
  EXPECT_EQ(engine->watch().list, list) << "nothing has changed";
  engine->accessed({.cpu = 0,
                    .kinds = CMMA_ACCESS_LOAD,
                    .instructions = 20,
                    .address = 2,
                    .block = 7,
                    .operand = 0,
                    .level = 0});
  EXPECT_NE(engine->watch().list, list);
  EXPECT_EQ(engine->watch().blocks, 2u);
  EXPECT_EQ(engine->watch().block[0], 6u);
  EXPECT_EQ(engine->watch().block[1], 8u);
}

TEST_F(RaceEngine, StoresIntoTablesAreEventsWithoutANumber) {
  run("[[trigger]]\nevent = \"pte-store\"\ndetail = 0\nnth = 2\naction = \"page-out\"\nblock = \"event\"\n"
      "[[trigger]]\nevent = \"pte-store\"\noperand = 0x5000\ncount = 0\naction = \"print\"\n"
      "[[trigger]]\nevent = \"any\"\nnth = 9\naction = \"print\"\n"
      "[[trigger]]\naccess = 0x6000\nkind = \"load\"\naction = \"print\"\n");
  const std::uint64_t any = engine->tally(2).reached;
  EXPECT_EQ(engine->watch().tables, 1u);
  const auto store = [&](std::uint64_t block, std::uint32_t level) {
    engine->accessed({.cpu = 1,
                      .kinds = CMMA_ACCESS_TABLE,
                      .instructions = 20,
                      .address = 0x2004,
                      .block = block,
                      .operand = block << CMMA_BLOCK_SHIFT,
                      .level = level});
  };
  store(6, 0);
  store(6, 1);
  EXPECT_EQ(rig->pair(6), Pair::Sr);
  store(6, 0);
  EXPECT_EQ(rig->pair(6), Pair::Sp);
  store(5, 2);
  EXPECT_EQ(engine->tally(0).reached, 2u);
  EXPECT_EQ(engine->tally(1).done, 1u);
  EXPECT_EQ(engine->tally(2).reached, any);
  EXPECT_EQ(engine->tally(3).reached, 0u) << "the block is not in the list";
  EXPECT_EQ(engine->watch().tables, 1u) << "the second trigger goes on";
  EXPECT_EQ(race::describe(engine->schedule().triggers.at(0)),
            "page-out 0x6000 at instruction 20, behind event 4 of cpu1");
  EXPECT_NE(engine->interleaving().find("pte-store 0 0x6000 @other+0x4"), std::string::npos)
      << engine->interleaving();
  run("[[trigger]]\nevent = \"pte-store\"\naction = \"print\"\n");
  store(6, 0);
  EXPECT_EQ(engine->watch().tables, 0u) << "it has fired";
}

TEST_F(RaceEngine, SoManyBlocksCanBeWatched) {
  run("");
  std::string triggers = "name = \"t\"\nsummary = \"s\"\n";
  const auto planned = [&] {
    const auto scenario = race::parse_scenario(triggers, "t.toml");
    EXPECT_TRUE(scenario);
    return engine->plan(*scenario);
  };
  for (int i = 0; i < 16; ++i) {
    for (const int offset : {0, 8})
      triggers += "[[trigger]]\naccess = " + std::to_string(i * 4096 + offset) + "\naction = \"print\"\n";
  }
  EXPECT_TRUE(planned());
  triggers += "[[trigger]]\naccess = 0x10000\naction = \"print\"\n";
  ASSERT_FALSE(planned());
  EXPECT_EQ(planned().error(), "t.toml:99: accesses to no more than 16 blocks can be watched");
}

}  // namespace
}  // namespace cmma::test
