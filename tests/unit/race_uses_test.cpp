// Uses of blocks that could be discarded: what the host notes, which intervals a run has, and the plans of
// them.
#include "race/uses.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "race/plans.hpp"
#include "race_doubles.hpp"

namespace cmma::test {
namespace {

using race::Engine;
using race::UseInterval;
using state::Pair;

constexpr std::uint32_t essa = CMMA_EVENT_ESSA;
constexpr std::uint32_t key = CMMA_EVENT_STORAGE_KEY;

TEST(HostUses, AreNotedOnceForEachTimeTheyAreExpected) {
  Rig rig("policy=none");
  rig->note_uses();
  for (const std::uint64_t block : {1u, 2u, 3u, 4u, 5u}) rig.store(block, 1);
  rig.essa(2, 3);
  rig.essa(3, 4);
  rig.essa(4, 2);
  rig.essa(5, 3);
  EXPECT_FALSE(rig->act(state::HostAction::discard, 5).obstacle);
  (void)rig->take_uses();
  EXPECT_FALSE(rig->expect_use(1)) << "stable";
  EXPECT_TRUE(rig->expect_use(2)) << "volatile";
  EXPECT_TRUE(rig->expect_use(3)) << "potentially volatile";
  EXPECT_FALSE(rig->expect_use(4)) << "unused";
  EXPECT_FALSE(rig->expect_use(5)) << "discarded already";
  EXPECT_FALSE(rig->expect_use(64)) << "outside main storage";
  EXPECT_NE(rig.byte(2) & CMMA_STATE_ATTENTION, 0) << "a CPU that uses it asks";
  EXPECT_EQ(rig.access(2), CMMA_DONE);
  EXPECT_EQ(rig.byte(2) & CMMA_STATE_ATTENTION, 0);
  std::array<std::uint8_t, 2 * block_size> channel{};
  std::size_t done = 0;
  EXPECT_EQ(rig->read(3 * block_size - 8, std::span(channel).first(16), done), CMMA_DONE);
  EXPECT_EQ(rig->release(0, 1, 1), CMMA_DONE);
  EXPECT_EQ(rig->take_uses(), (std::vector<host::Block>{2, 2, 3, 1}));
  EXPECT_TRUE(rig->take_uses().empty());
}

TEST(HostUses, EventsAreThoseOfARunWithoutThem) {
  Rig rig("policy=none");
  rig->note_uses();
  rig.store(2, 1);
  rig.essa(2, 3);
  const std::uint64_t before = rig.machine.last_event;
  ASSERT_TRUE(rig->expect_use(2));
  rig.essa(2, 0);
  EXPECT_EQ(rig.machine.last_event, before) << "OLD is not told of";
}

class RaceUses : public testing::Test {
 protected:
  void run(std::vector<std::vector<Step>> cpus, const std::string& triggers = "") {
    for (const std::uint64_t block : {5u, 6u}) rig.store(block, 0x5a);
    machine = std::make_unique<ScriptMachine>(rig, std::move(cpus));
    const auto scenario =
        race::parse_scenario("name = \"t\"\nsummary = \"s\"\nuses = \"u\"\n" + triggers, "t.toml");
    ASSERT_TRUE(scenario) << scenario.error();
    auto opened = Engine::open(*scenario, nullptr, *rig, machine->control());
    ASSERT_TRUE(opened) << opened.error();
    engine = std::move(*opened);
    machine->run(*engine);
    engine->finish();
    auto parsed = race::parse_uses(engine->uses());
    ASSERT_TRUE(parsed) << parsed.error();
    found = std::move(*parsed);
  }
  static UseInterval interval(std::uint64_t block, race::UsePlace first, race::UsePlace last,
                              std::uint64_t places, const std::string& ended_by) {
    return {.block = block, .first = first, .last = last, .places = places, .ended_by = ended_by};
  }

  Rig rig{"seed=1,policy=none"};
  std::unique_ptr<ScriptMachine> machine;
  std::unique_ptr<Engine> engine;
  std::vector<UseInterval> found;
};

// Places are (instructions completed, last event): before instruction k there is (k, ...).
TEST_F(RaceUses, EndWithWhatWouldNoticeADiscard) {
  run({{{0x1000},
        {0x1004, essa, 3, 5},
        {0x1008},
        {0x100c},
        {.address = 0x1010, .block = 5, .access = CMMA_ACCESS_LOAD},
        {.address = 0x1014, .block = 6, .access = CMMA_ACCESS_LOAD},
        {.address = 0x1018, .block = 5, .access = CMMA_ACCESS_STORE},
        {0x101c, key, 0xb22b, 5},
        {0x1020},
        {0x1024, essa, 0, 5},
        {0x1028, essa, 1, 5},
        {.address = 0x102c, .block = 5, .access = CMMA_ACCESS_LOAD}}});
  EXPECT_EQ(found, (std::vector<UseInterval>{
                       interval(5, {2, 1}, {4, 1}, 3, "access"), interval(5, {5, 1}, {6, 1}, 2, "access"),
                       interval(5, {7, 1}, {7, 1}, 1, "storage-key"), interval(5, {8, 2}, {9, 2}, 2, "essa"),
                       interval(5, {10, 3}, {10, 3}, 1, "essa")}))
      << engine->uses();
  EXPECT_GE(machine->forgotten, 5) << "each interval begins with CPUs that do not know the block";
}

TEST_F(RaceUses, BeginWithTheRunAndEndWithIt) {
  rig.store(6, 1);
  rig.essa(6, 4);
  run({{{0x1000}, {0x1004, essa, 3, 5}, {0x1008}, {0x100c}}});
  EXPECT_EQ(found, (std::vector<UseInterval>{interval(5, {2, 1}, {3, 1}, 2, "end"),
                                             interval(6, {0, 0}, {3, 1}, 4, "end")}))
      << engine->uses();
}

TEST_F(RaceUses, OfTheScenariosOwnActionsToo) {
  run({{{0x1000}, {0x1004, essa, 3, 5}, {0x1008}, {0x100c}, {0x1010}}},
      "[[trigger]]\nat = 0x100c\naction = \"discard\"\nblock = 0x5000\n");
  ASSERT_EQ(found.size(), 1u) << engine->uses();
  EXPECT_EQ(engine->tally(0).done, 1u);
  EXPECT_EQ(found[0].block, 5u);
  EXPECT_TRUE(engine->schedule().uses.empty()) << "a replay writes no such file";
}

TEST_F(RaceUses, WantNoPolicyThatUsesOldItself) {
  Rig clock{"seed=1,policy=clock"};
  ScriptMachine idle(clock, {{}});
  const auto scenario = race::parse_scenario("name = \"t\"\nsummary = \"s\"\nuses = \"u\"\n", "t.toml");
  const auto opened = Engine::open(*scenario, nullptr, *clock, idle.control());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), "t.toml: uses are recorded with the policy none only");
}

TEST(UsesFile, SaysWhereItIsWrong) {
  EXPECT_TRUE(race::parse_uses("")->empty());
  EXPECT_EQ(race::parse_uses("{}\n").error(), "line 1 is no interval");
  const std::string good =
      race::write_uses({{.block = 5, .first = {1, 2}, .last = {3, 4}, .places = 3, .ended_by = "end"}});
  EXPECT_EQ(race::parse_uses(good)->size(), 1u);
  EXPECT_EQ(race::parse_uses(good + "x").error(), "line 2 is no interval");
}

TEST(Plans, UsesIsOneDiscardInEachInterval) {
  const std::vector<UseInterval> intervals{
      {.block = 5, .first = {2, 1}, .last = {4, 1}, .places = 3, .ended_by = "access"},
      {.block = 6, .first = {2, 1}, .last = {9, 3}, .places = 7, .ended_by = "essa"},
      {.block = 5, .first = {5, 1}, .last = {9, 3}, .places = 5, .ended_by = "end"}};
  const auto late =
      race::plan_uses({.intervals = intervals, .first = 2, .last = 3, .early = false, .most = 99});
  const auto early =
      race::plan_uses({.intervals = intervals, .first = 2, .last = 3, .early = true, .most = 99});
  ASSERT_EQ(late->count(), 2u);
  EXPECT_EQ(late->places(0), 7u);
  EXPECT_EQ(late->places(1), 5u);
  ASSERT_EQ(late->plan(0).size(), 1u);
  EXPECT_EQ(describe(late->plan(0)[0]), "discard 0x6000 at instruction 9, behind event 3");
  EXPECT_EQ(describe(early->plan(1)[0]), "discard 0x5000 at instruction 5, behind event 1");
  EXPECT_NE(late->description(), early->description());
  const auto two =
      race::plan_uses({.intervals = intervals, .first = 1, .last = 3, .early = false, .most = 2});
  ASSERT_EQ(two->count(), 2u);
  EXPECT_EQ(two->places(0) + two->places(1), 3u + 7u) << "the first, and one further on";
  EXPECT_EQ(two->description().substr(0, 23), "uses 2 of 1 to 3 of 3 (");
  auto others = intervals;
  others[0].last.instructions = 5;
  const auto other =
      race::plan_uses({.intervals = others, .first = 2, .last = 3, .early = false, .most = 99});
  EXPECT_NE(late->description(), other->description()) << "intervals of another kernel are another campaign";
}

}  // namespace
}  // namespace cmma::test
