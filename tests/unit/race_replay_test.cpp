// The race engine against a machine of steps: what a run did, its schedule does again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "race_engine_fixture.hpp"

namespace cmma::test {
namespace {

// A schedule does in a new run what was done in the first one, whatever had led to it.
TEST_F(RaceEngine, AScheduleReplays) {
  const std::string triggers =
      "[[trigger]]\nname = \"v\"\nevent = \"essa\"\norc = 3\naction = \"discard\"\nblock = \"event\"\n"
      "[[trigger]]\nafter = \"v\"\nat = \"other+4\"\naction = \"switch\"\nto = 0\nuntil = \"work+0xc\"\n"
      "[[trigger]]\nat = \"other+8\"\naction = \"page-out\"\nblock = 0x6000\n"
      "[[trigger]]\nevent = \"sigp\"\naction = \"page-in\"\nblock = 0x6000\n"
      "[[trigger]]\nat = \"other+8\"\naction = \"timer\"\n";
  run(triggers);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(engine->tally(i).done, 1u) << i;
  const auto first_log = log();
  EXPECT_NE(first_log, alternating);
  const std::string schedule = race::write_scenario(engine->schedule());
  ASSERT_EQ(engine->schedule().triggers.size(), 7u) << "the way back and the release are steps";

  const auto steps = schedule.substr(schedule.find("\n[[trigger]]"));
  run(steps);
  EXPECT_EQ(log(), first_log);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(engine->tally(i).done, 1u) << i;
  EXPECT_EQ(race::write_scenario(engine->schedule()), schedule) << "a replay writes the same schedule";
}

// Behind an event it is drawn who goes on, unless one CPU is to run alone by then: a switch before the next
// instruction of the same CPU comes later than that.
TEST_F(RaceEngine, ASwitchBeforeAnInstructionReplaysBehindAnEvent) {
  draws = {0, 1, 0, 1};
  run("[[trigger]]\nat = 0x1008\naction = \"switch\"\nto = 1\nstay = 1\n");
  const auto first_log = log();
  EXPECT_EQ(first_log, (std::vector<std::string>{"0:1000", "1:2000", "0:1004", "1:2004", "0:1008", "0:100c",
                                                 "1:2008", "0:1010", "1:200c", "1:2010"}));
  const std::string schedule = race::write_scenario(engine->schedule());
  EXPECT_EQ(race::describe(engine->schedule().triggers.at(0)),
            "switch to cpu1 at instruction 3, behind event 1, before the next instruction of cpu0");
  EXPECT_EQ(race::describe(engine->schedule().triggers.at(1)),
            "switch to cpu0 at instruction 4, behind event 2 of cpu1")
      << "behind the event";
  run(schedule.substr(schedule.find("\n[[trigger]]")));
  EXPECT_EQ(log(), first_log);
  EXPECT_EQ(race::write_scenario(engine->schedule()), schedule);
}

// The end of a switch, too.
TEST_F(RaceEngine, ASwitchThatEndsBeforeAnInstructionReplaysBehindAnEvent) {
  run("[[trigger]]\nat = 0x1008\naction = \"switch\"\nto = 1\nuntil = \"other+0x8\"\n");
  const auto first_log = log();
  const std::string schedule = race::write_scenario(engine->schedule());
  EXPECT_EQ(race::describe(engine->schedule().triggers.at(1)),
            "switch to cpu0 at instruction 4, behind event 2, before the next instruction of cpu1");
  run(schedule.substr(schedule.find("\n[[trigger]]")));
  EXPECT_EQ(log(), first_log);
  EXPECT_EQ(race::write_scenario(engine->schedule()), schedule);
}

TEST_F(RaceEngine, AScheduleOfAnotherRunIsFoundOut) {
  run("[[trigger]]\ninstructions = 3\nafter-event = 0\ncpu = 0\naction = \"print\"\n"
      "[[trigger]]\ninstructions = 4\nafter-event = 2\ncpu = 0\naction = \"print\"\n"
      "[[trigger]]\ninstructions = 50\nafter-event = 2\naction = \"print\"\n");
  EXPECT_TRUE(engine->tally(0).missed) << "event 1 was there already";
  EXPECT_EQ(engine->tally(1).done, 1u);
  EXPECT_EQ(engine->tally(2).done, 0u);
  EXPECT_NE(machine->messages[0].find("this is not the run of the schedule"), std::string::npos);
  const auto summary = engine->summary();
  ASSERT_EQ(summary.size(), 3u) << "what was done has no line of its own";
  EXPECT_TRUE(summary[0].ends_with(": the run got past it"));
  EXPECT_EQ(summary[2], "race: of 3 steps of the schedule 1 were done");
}

}  // namespace
}  // namespace cmma::test
