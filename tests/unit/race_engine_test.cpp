// The race engine against a machine of steps: each action at its place, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "race_engine_fixture.hpp"

namespace cmma::test {
namespace {

using state::Pair;

TEST_F(RaceEngine, DoesNothingWithoutTriggers) {
  run("");
  EXPECT_EQ(log(), alternating);
  EXPECT_EQ(rig->pair(5), Pair::Sr);
  EXPECT_TRUE(engine->schedule().triggers.empty());
}

TEST_F(RaceEngine, DiscardsTheOperandOfAnEvent) {
  run("[[trigger]]\nevent = \"essa\"\norc = 3\naction = \"discard\"\nblock = \"event\"\n");
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(rig->pair(5), Pair::Sz) << "ESSA 1 made a discarded block stable: zeros";
}

TEST_F(RaceEngine, ActsBeforeAnInstruction) {
  run("[[trigger]]\nat = \"work+0x8\"\naction = \"discard\"\nblock = \"last-essa\"\n");
  EXPECT_EQ(engine->tally(0).done, 1u);
  run("[[trigger]]\nat = \"work+0x4\"\naction = \"discard\"\nblock = \"last-essa\"\n");
  EXPECT_EQ(engine->tally(0).done, 0u);
  EXPECT_EQ(engine->tally(0).refused, 1u);
  ASSERT_FALSE(machine->messages.empty());
  EXPECT_NE(machine->messages[0].find("cpu0 has not executed ESSA yet"), std::string::npos)
      << machine->messages[0];
}

TEST_F(RaceEngine, LastEssaIsThatOfTheCpu) {
  run("[[trigger]]\nat = \"other+0x8\"\naction = \"discard\"\nblock = \"last-essa\"\n");
  EXPECT_EQ(engine->tally(0).refused, 1u) << "CPU 1 has executed none";
}

TEST_F(RaceEngine, AnyVolatileIsOneThatMayBeDiscarded) {
  run("[[trigger]]\nat = 0x1000\naction = \"discard\"\nblock = \"any volatile\"\n"
      "[[trigger]]\nat = \"work+0x8\"\naction = \"discard\"\nblock = \"any volatile\"\n");
  EXPECT_EQ(engine->tally(0).refused, 1u) << "nothing is volatile yet";
  EXPECT_EQ(engine->tally(1).done, 1u);
}

TEST_F(RaceEngine, SaysWhatTheStateDoesNotAllow) {
  run("[[trigger]]\nat = 0x1000\naction = \"discard\"\nblock = 0x5000\n");
  EXPECT_EQ(engine->tally(0).refused, 1u);
  ASSERT_FALSE(machine->messages.empty());
  EXPECT_EQ(
      machine->messages[0],
      "race: at instruction 0, behind event 0: NOT DONE: discard 0x5000 at 0x1000: block 0x5000 (Sr): the "
      "content must be kept");
  EXPECT_TRUE(engine->schedule().triggers.empty()) << "what was not done is no step";
}

TEST_F(RaceEngine, PagesOutAndIn) {
  run("[[trigger]]\nat = 0x1000\naction = \"page-out\"\nblock = 0x6000\n"
      "[[trigger]]\nat = 0x1008\naction = \"page-in\"\nblock = 0x6000\n"
      "[[trigger]]\nat = 0x100c\naction = \"page-in\"\nblock = 0x6000\n");
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(engine->tally(1).done, 1u);
  EXPECT_EQ(engine->tally(2).refused, 1u);
  EXPECT_EQ(rig->at(6)[0], 0x5a);
}

TEST_F(RaceEngine, DropsAnUnusedBlockOnly) {
  run("[[trigger]]\nevent = \"any\"\ncount = 0\naction = \"drop\"\nblock = 0x5000\n",
      {{{0x1000, essa, 2, 5}, {0x1004, essa, 1, 5}}});
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(engine->tally(0).refused, 1u);
}

TEST_F(RaceEngine, CountsNthAndCount) {
  const std::vector<std::vector<Step>> loop{{{0x1000}, {0x1000}, {0x1000}, {0x1000}, {0x1000}}};
  run("[[trigger]]\nat = 0x1000\nnth = 2\ncount = 3\naction = \"print\"\n", loop);
  EXPECT_EQ(engine->tally(0).done, 3u);
  EXPECT_EQ(engine->tally(0).reached, 4u);
  EXPECT_EQ(machine->messages.size(), 3u);
  run("[[trigger]]\nat = 0x1000\nnth = 6\naction = \"print\"\n", loop);
  EXPECT_EQ(engine->tally(0).done, 0u);
  EXPECT_TRUE(engine->summary()[0].ends_with("reached 5, done 0, refused 0: not reached often enough"));
}

TEST_F(RaceEngine, EventKInTurn) {
  for (std::uint64_t k = 1; k <= 4; ++k) {
    run("[[trigger]]\nevent = \"any\"\nnth = " + std::to_string(k) + "\naction = \"stop\"\n");
    EXPECT_TRUE(machine->stopped);
    EXPECT_EQ(*std::get<race::AtPoint>(engine->schedule().triggers.at(0).place).after_event, k);
  }
}

TEST_F(RaceEngine, AtOneEventTheOrderIsThatOfTheFile) {
  const std::vector<std::vector<Step>> two_events{{{0x1000, essa, 3, 5}, {0x1004, essa, 1, 5}}};
  run("[[trigger]]\nevent = \"any\"\nnth = 2\naction = \"page-out\"\nblock = 0x6000\n"
      "[[trigger]]\nevent = \"essa\"\nnth = 2\naction = \"page-in\"\nblock = 0x6000\n"
      "[[trigger]]\nevent = \"any\"\nnth = 2\naction = \"page-out\"\nblock = 0x6000\n"
      "[[trigger]]\nevent = \"any\"\nnth = 1\naction = \"page-in\"\nblock = 0x6000\n",
      two_events);
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(engine->tally(1).done, 1u) << "behind the first";
  EXPECT_EQ(engine->tally(2).done, 1u) << "behind the second";
  EXPECT_EQ(engine->tally(3).refused, 1u) << "before all of them";
  EXPECT_EQ(rig->pair(6), Pair::Sp);
}

TEST_F(RaceEngine, CountsTheEventsForWhatWaitsForALaterOne) {
  run("[[trigger]]\nevent = \"any\"\nnth = 9\naction = \"page-out\"\nblock = 0x6000\n",
      {{{0x1000, essa, 3, 5}, {0x1004}, {0x1008, essa, 1, 5}}});
  EXPECT_EQ(engine->tally(0).reached, 2u);
  EXPECT_TRUE(engine->summary()[0].ends_with("reached 2, done 0, refused 0: not reached often enough"));
}

TEST_F(RaceEngine, ConditionsNarrow) {
  run("[[trigger]]\nevent = \"essa\"\ncpu = 1\naction = \"print\"\n"
      "[[trigger]]\nevent = \"essa\"\noperand = 0x6000\naction = \"print\"\n"
      "[[trigger]]\nevent = \"essa\"\noperand = 0x5123\ncpu = 0\ncount = 0\naction = \"print\"\n"
      "[[trigger]]\nevent = \"sigp\"\ndetail = 4\naction = \"print\"\n"
      "[[trigger]]\nname = \"last\"\nevent = \"sigp\"\naction = \"print\"\n"
      "[[trigger]]\nevent = \"essa\"\nafter = \"last\"\naction = \"print\"\n");
  EXPECT_EQ(engine->tally(0).done, 0u);
  EXPECT_EQ(engine->tally(1).done, 0u);
  EXPECT_EQ(engine->tally(2).done, 2u);
  EXPECT_EQ(engine->tally(3).done, 0u);
  EXPECT_EQ(engine->tally(4).done, 1u);
  EXPECT_EQ(engine->tally(5).done, 0u) << "there is no ESSA behind SIGP";
  EXPECT_TRUE(engine->summary()[5].ends_with(": never reached"));
}

TEST_F(RaceEngine, SwitchesUntilThatCpuIsThere) {
  run("[[trigger]]\nat = 0x1004\naction = \"switch\"\nto = 1\nuntil = \"other+0x8\"\n");
  EXPECT_EQ(log(), (std::vector<std::string>{"0:1000", "1:2000", "1:2004", "0:1004", "1:2008", "0:1008",
                                             "1:200c", "0:100c", "1:2010", "0:1010"}))
      << "who was interrupted goes on";
}

TEST_F(RaceEngine, SwitchesForEvents) {
  run("[[trigger]]\nat = 0x1004\naction = \"switch\"\nto = 1\nstay = 2\n");
  EXPECT_EQ(log(), (std::vector<std::string>{"0:1000", "1:2000", "1:2004", "1:2008", "1:200c", "0:1004",
                                             "1:2010", "0:1008", "0:100c", "0:1010"}));
}

// CPU 1 has no event for longer than a switch that ends by itself may last: it spins. The other goes on, and
// a schedule of that does the same.
TEST_F(RaceEngine, ASwitchToACpuThatSpinsEnds) {
  const std::vector<Step> spin(300'000, Step{.address = 0x2000});
  const std::vector<std::vector<Step>> script{{{0x1000}, {0x1004}, {0x1008}}, spin};
  run("[[trigger]]\nat = 0x1004\naction = \"switch\"\nto = 1\nstay = 1\n", script);
  const auto first_log = log();
  const auto back = std::ranges::find(first_log, "0:1004");
  EXPECT_EQ(back - first_log.begin(), 200'002) << "0:1000, 1:2000, the switch";
  const std::string schedule = race::write_scenario(engine->schedule());
  run(schedule.substr(schedule.find("\n[[trigger]]")), script);
  EXPECT_EQ(log(), first_log);
}

TEST_F(RaceEngine, SwitchesUntilARelease) {
  run("[[trigger]]\nat = 0x2000\naction = \"switch\"\nto = 0\n"
      "[[trigger]]\nevent = \"essa\"\norc = 1\naction = \"release\"\n"
      "[[trigger]]\nat = 0x1010\naction = \"release\"\n");
  EXPECT_EQ(log(), (std::vector<std::string>{"0:1000", "0:1004", "0:1008", "0:100c", "1:2000", "0:1010",
                                             "1:2004", "1:2008", "1:200c", "1:2010"}));
  EXPECT_EQ(engine->tally(2).refused, 1u) << "no switch is in force";
}

TEST_F(RaceEngine, SwitchToACpuThatCanNotRunIsRefused) {
  run("[[trigger]]\nat = 0x1004\naction = \"switch\"\nto = 3\nstay = 1\n");
  EXPECT_EQ(engine->tally(0).refused, 1u);
  EXPECT_EQ(log(), alternating);
}

TEST_F(RaceEngine, TimerIsForTheCpuOfTheTriggerOrAnother) {
  run("[[trigger]]\nat = 0x2004\naction = \"timer\"\n[[trigger]]\nat = 0x2004\naction = \"timer\"\nto = 0\n"
      "[[trigger]]\nat = 0x2004\naction = \"timer\"\nto = 5\n");
  EXPECT_EQ(log()[3], "timer1");
  EXPECT_EQ(log()[4], "timer0");
  EXPECT_EQ(engine->tally(2).refused, 1u);
}

TEST_F(RaceEngine, BlocksInRegisters) {
  registers[0][2] = 0x100006010;       // block 6, by the machine's translation
  registers[0][3] = 0x7777;            // leads nowhere
  registers[0][4] = 0x20000 + 6 * 64;  // struct page of block 6
  registers[0][5] = 0x20000 + 6 * 64 + 8;
  registers[0][6] = 0x20000 + 64 * 64;  // beyond the 64 blocks
  registers[0][7] = 0x1ffc0;
  prepare = [this] {
    const std::array<std::uint8_t, 8> vmemmap{0, 0, 0, 0, 0, 2, 0, 0};
    std::memcpy(rig->at(6), vmemmap.data(), vmemmap.size());
  };
  std::string triggers;
  for (const std::string choice : {"register 2", "register 3", "page in register 4", "page in register 5",
                                   "page in register 6", "page in register 7"}) {
    triggers += "[[trigger]]\nat = 0x1000\naction = \"page-out\"\nblock = \"" + choice + "\"\n";
    triggers += "[[trigger]]\nat = 0x1000\naction = \"page-in\"\nblock = 0x6000\n";
  }
  run(triggers);
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(engine->tally(2).refused, 1u);
  EXPECT_EQ(engine->tally(4).done, 1u);
  for (const std::size_t refused : {6u, 8u, 10u}) EXPECT_EQ(engine->tally(refused).refused, 1u) << refused;
  EXPECT_EQ(engine->schedule().triggers[0].block, (race::BlockChoice{std::uint64_t{0x6000}}));
}

// The machine goes one instruction at a time while an address is looked for.
TEST_F(RaceEngine, AnAddressIsNotWatchedBeforeItsTurn) {
  run("[[trigger]]\nname = \"n\"\nevent = \"sigp\"\nnth = 100\naction = \"print\"\n"
      "[[trigger]]\nafter = \"n\"\nat = 0x1000\naction = \"print\"\n");
  EXPECT_FALSE(cmma_race_watches(&engine->watch(), 0x1000));
  run("[[trigger]]\nname = \"n\"\nevent = \"sigp\"\naction = \"print\"\n"
      "[[trigger]]\nafter = \"n\"\nat = 0x1ff0\naction = \"print\"\n");
  EXPECT_TRUE(cmma_race_watches(&engine->watch(), 0x1ff0));
}

TEST_F(RaceEngine, AnotherPlanTakesThePlaceOfTheTriggers) {
  run("[[trigger]]\nat = 0x1004\naction = \"stop\"\n");
  ASSERT_TRUE(machine->stopped);
  const auto plan = race::parse_scenario(
      "name = \"p\"\nsummary = \"s\"\n[[trigger]]\nevent = \"essa\"\norc = "
      "3\naction = \"discard\"\nblock = \"event\"\n",
      "plan");
  ASSERT_TRUE(plan);
  ASSERT_TRUE(engine->plan(*plan));
  EXPECT_EQ(cmma_race_watches(&engine->watch(), 0x1004), 0);
  machine->stopped = false;
  machine->run(*engine);
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(engine->schedule().triggers.size(), 2u) << "the stop is still part of it";
}

TEST_F(RaceEngine, WatchLetsThroughWhatIsWanted) {
  run("[[trigger]]\nat = 0x1004\naction = \"print\"\n[[trigger]]\nat = 0x3ffe0123456\naction = \"print\"\n");
  EXPECT_EQ(cmma_race_watches(&engine->watch(), 0x1004), 0) << "it has fired";
  EXPECT_NE(cmma_race_watches(&engine->watch(), 0x3ffe0123456), 0);
  int through = 0;
  for (std::uint64_t address = 0; address < 200'000; address += 2)
    through += cmma_race_watches(&engine->watch(), address);
  EXPECT_LT(through, 100);
}

TEST_F(RaceEngine, UnknownSymbolsAreRefusedAtOnce) {
  run("");
  const auto scenario = race::parse_scenario(
      "name = \"p\"\nsummary = \"s\"\n[guest]\nvmlinux = \"v\"\n"
      "[[trigger]]\nat = \"nowhere\"\naction = \"print\"\n",
      "plan.toml");
  ASSERT_TRUE(scenario);
  const auto planned = engine->plan(*scenario);
  ASSERT_FALSE(planned);
  EXPECT_TRUE(planned.error().starts_with("plan.toml:5: there is no symbol 'nowhere'")) << planned.error();
}

TEST_F(RaceEngine, TheInterleavingHasAColumnForEach) {
  run("[[trigger]]\nevent = \"essa\"\norc = 3\naction = \"discard\"\nblock = \"event\"\n");
  const std::string text = engine->interleaving();
  EXPECT_NE(text.find("         1               3  essa 3 0x5000 @work+0x4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("* discard 0x5000: Vr -> Vz\n"), std::string::npos) << text;
  const std::size_t header = text.find("host\n");
  const std::size_t act = text.find("* discard");
  EXPECT_EQ(act - text.rfind('\n', act) - 1, header) << "in the host's column\n" << text;
  const std::size_t swap = text.find("swap 00ba 0x9000 @other+0x4");
  ASSERT_NE(swap, std::string::npos) << text;
  EXPECT_EQ(swap - text.rfind('\n', swap) - 1, text.find("cpu1"));
}

TEST_F(RaceEngine, GdbTakesOverOrTheReasonIsSaid) {
  const std::string trigger = "[[trigger]]\nat = 0x1008\naction = \"monitor\"\ntext = \"look\"\n";
  run(trigger);
  EXPECT_EQ(engine->tally(0).refused, 1u);
  EXPECT_EQ(log(), alternating);
  ASSERT_FALSE(machine->messages.empty());
  EXPECT_NE(machine->messages[0].find("NOT DONE: monitor at 0x1008: the machine has no gdb server"),
            std::string::npos)
      << machine->messages[0];
  has_gdb = true;
  run(trigger);
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(log()[4], "gdb");
  ASSERT_FALSE(machine->messages.empty());
  EXPECT_TRUE(machine->messages[0].ends_with(": look")) << machine->messages[0];
  EXPECT_NE(engine->interleaving().find("* monitor look"), std::string::npos);
  EXPECT_TRUE(engine->schedule().triggers.empty()) << "a replay does not stop";
}

// The machine says that nothing was written to block 6, and the host believes it.
TEST_F(RaceEngine, ABrokenInvariantStopsTheMachine) {
  options += ",strays=in-place,invariants=on";
  prepare = [this] {
    rig->essa(6, 4);
    rig->at(6)[0] = 1;
    rig->machine.set_changed(6, false);
  };
  run("[[trigger]]\nat = 0x1008\naction = \"discard\"\nblock = 0x6000\n");
  EXPECT_TRUE(machine->stopped);
  EXPECT_EQ(engine->schedule().found,
            "invariant: I3: a completed write to a potentially volatile block is lost");
  EXPECT_NE(engine->interleaving().find("* invariant: I3"), std::string::npos);
  EXPECT_NE(engine->interleaving().find("block 0x6000 Pr -> Vz"), std::string::npos);
}

TEST_F(RaceEngine, WhatIsBrokenInTheEndIsFoundThen) {
  options += ",strays=in-place,invariants=on";
  run("");
  engine->finish();
  EXPECT_EQ(engine->schedule().found, "");
  (*rig)->states()[5] = 1;
  engine->finish();
  EXPECT_EQ(engine->schedule().found, "invariant: T1: a pair of states that there is not");
  (*rig)->states()[5] = 0;
}

}  // namespace
}  // namespace cmma::test
