// Scenario files: what they mean, what is said of a wrong one, and that writing and reading are inverse.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cmma/race.h"
#include "race/scenario.hpp"
#include "race/schema.hpp"

namespace cmma::race {
namespace {

constexpr std::string_view whole = R"(name = "make-volatile"
race = "R1"
summary = "a reference comes \"late\""
expect = "bug: KASAN"
found = "invariant: I3: \"x\""
seed = 7

[boot]
kernel = "k"
overlay = ["a", "b"]
memory = "256M"
cpus = 2
run = "sh /t"
timeout = 2.5
limit = 4
options = ["--verbose"]

[guest]
vmlinux = "vmlinux"
base = 0x3ffe0000000
struct-page = 64

[[trigger]]
name = "first"
at = "folio_make_volatile+0x1c"
cpu = 1
nth = 3
count = 0
action = "discard"
block = "last-essa"

[[trigger]]
after = "first"
event = "essa"
orc = 3
operand = 0x5000
action = "page-out"
block = "event"

[[trigger]]
at = 0x1234
action = "switch"
to = 1
until = "filemap.c:120"

[[trigger]]
event = "any"
nth = 99
action = "drop"
block = "page in register 2"

[[trigger]]
instructions = 1000
after-event = 4
drawn = true
cpu = 0
action = "page-in"
block = 0x7000

[[trigger]]
event = "sigp"
detail = 5
action = "stop"
text = "here"

[[trigger]]
access = 0x5123
kind = "store"
nth = 7
action = "print"

[[trigger]]
access = 0x6000
action = "monitor"
text = "look"
)";

TEST(Scenario, IsReadAsItIsWritten) {
  const auto scenario = parse_scenario(whole, "a.toml");
  ASSERT_TRUE(scenario) << scenario.error();
  EXPECT_EQ(scenario->name, "make-volatile");
  EXPECT_EQ(scenario->summary, "a reference comes \"late\"");
  EXPECT_EQ(scenario->boot.overlays, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(scenario->boot.timeout, 2.5);
  EXPECT_EQ(scenario->boot.limit, 4);
  EXPECT_EQ(scenario->guest.base, 0x3ffe0000000u);
  ASSERT_EQ(scenario->triggers.size(), 8u);
  const Trigger& first = scenario->triggers[0];
  EXPECT_EQ(first.place, (Place{AtAddress{"folio_make_volatile+0x1c"}}));
  EXPECT_EQ(first.cpu, 1);
  EXPECT_EQ(first.nth, 3u);
  EXPECT_EQ(first.count, 0u);
  EXPECT_EQ(first.block, (BlockChoice{LastEssa{}}));
  EXPECT_EQ(scenario->triggers[1].place, (Place{AtEvent{CMMA_EVENT_ESSA, 3, 0x5000}}));
  EXPECT_EQ(scenario->triggers[1].block, (BlockChoice{EventBlock{}}));
  EXPECT_EQ(scenario->triggers[2].until, "filemap.c:120");
  EXPECT_EQ(scenario->triggers[3].place, (Place{AtEvent{}}));
  EXPECT_EQ(scenario->triggers[3].block, (BlockChoice{InRegister{.number = 2, .page = true}}));
  EXPECT_EQ(scenario->triggers[4].place, (Place{AtPoint{1000, 4, true}}));
  EXPECT_EQ(scenario->triggers[4].block, (BlockChoice{std::uint64_t{0x7000}}));
  EXPECT_EQ(scenario->triggers[5].text, "here");
  EXPECT_EQ(scenario->triggers[6].place, (Place{AtAccess{0x5123, CMMA_ACCESS_STORE}}));
  EXPECT_EQ(scenario->triggers[7].place, (Place{AtAccess{0x6000, CMMA_ACCESS_LOAD | CMMA_ACCESS_STORE}}));
}

TEST(Scenario, ComesBackFromItsText) {
  const auto scenario = parse_scenario(whole, "a.toml");
  ASSERT_TRUE(scenario);
  const std::string once = write_scenario(*scenario);
  const auto again = parse_scenario(once, "a.toml");
  ASSERT_TRUE(again) << again.error() << "\n" << once;
  EXPECT_EQ(write_scenario(*again), once);
  ASSERT_EQ(again->triggers.size(), scenario->triggers.size());
  for (std::size_t i = 0; i < again->triggers.size(); ++i) {
    EXPECT_EQ(again->triggers[i].place, scenario->triggers[i].place);
    EXPECT_EQ(again->triggers[i].block, scenario->triggers[i].block);
    EXPECT_EQ(describe(again->triggers[i]), describe(scenario->triggers[i]));
  }
  EXPECT_EQ(again->summary, scenario->summary);
  EXPECT_EQ(again->boot.timeout, scenario->boot.timeout);
  EXPECT_EQ(again->boot.limit, scenario->boot.limit);
  EXPECT_EQ(again->found, "invariant: I3: \"x\"");
  EXPECT_EQ(again->boot.run, scenario->boot.run);
  EXPECT_EQ(again->expect, scenario->expect);
}

TEST(Scenario, WordsForATrigger) {
  const auto scenario = parse_scenario(whole, "a.toml");
  ASSERT_TRUE(scenario);
  EXPECT_EQ(describe(scenario->triggers[0]),
            "discard last-essa at folio_make_volatile+0x1c of cpu1, time 3, always");
  EXPECT_EQ(describe(scenario->triggers[1]), "page-out event at event essa 3 on 0x5000, after first");
  EXPECT_EQ(describe(scenario->triggers[2]), "switch to cpu1 until filemap.c:120 at 0x1234");
  EXPECT_EQ(describe(scenario->triggers[6]), "print at a store into 0x5123, time 7");
  EXPECT_EQ(describe(scenario->triggers[7]), "monitor at an access to 0x6000");
}

struct Wrong {
  std::string_view text;  // below "name" and "summary"; its first line is line 3
  std::string_view error;
};

class WrongScenario : public testing::TestWithParam<Wrong> {};

TEST_P(WrongScenario, IsRefusedWithFileLineAndReason) {
  const std::string text = "name = \"n\"\nsummary = \"s\"\n" + std::string{GetParam().text};
  const auto scenario = parse_scenario(text, "f.toml");
  ASSERT_FALSE(scenario) << text;
  EXPECT_EQ(scenario.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongScenario,
    testing::Values(
        Wrong{"nmae = 1\n", "f.toml:3: 'nmae' is not a key of a scenario"},
        Wrong{"seed = \"x\"\n", "f.toml:3: seed must be a number"},
        Wrong{"seed = -1\n", "f.toml:3: seed must be a number"},
        Wrong{"seed = 1.5\n", "f.toml:3: seed must be a number"},
        Wrong{"boot = 3\n", "f.toml:3: boot must be a table: write [boot]"},
        Wrong{"[trigger]\n", "f.toml:3: trigger must be a table: write [[trigger]]"},
        Wrong{"[boot]\n\nmem = \"1G\"\n", "f.toml:5: 'mem' is not a key of [boot]"},
        Wrong{"[boot]\noverlay = [1]\n", "f.toml:4: overlay must be a list of texts"},
        Wrong{"[boot]\ncpus = 9\n", "f.toml:4: cpus must be 1 to 8"},
        Wrong{"[guest]\nstruct-page = 3\n", "f.toml:4: struct-page must be a multiple of 8"},
        Wrong{"[[trigger]]\nat = 1\n", "f.toml:3: action is missing in [[trigger]]"},
        Wrong{
            "[[trigger]]\nat = 1\naction = \"eat\"\n",
            "f.toml:5: 'eat' is not an action (there are discard, page-out, page-in, drop, switch, release, "
            "timer, stop, print, monitor)"},
        Wrong{"[[trigger]]\naction = \"print\"\n",
              "f.toml:3: a trigger needs at, event, access or instructions"},
        Wrong{"[[trigger]]\nat = 1\nevent = \"essa\"\naction = \"print\"\n",
              "f.toml:3: at, event, access and instructions exclude each other"},
        Wrong{"[[trigger]]\naccess = 1\nevent = \"essa\"\naction = \"print\"\n",
              "f.toml:3: at, event, access and instructions exclude each other"},
        Wrong{"[[trigger]]\naccess = \"jiffies\"\naction = \"print\"\n", "f.toml:4: access must be a number"},
        Wrong{"[[trigger]]\naccess = 1\nkind = \"fetch\"\naction = \"print\"\n",
              "f.toml:5: kind must be \"load\" or \"store\""},
        Wrong{"[[trigger]]\nevent = \"essa\"\nkind = \"load\"\naction = \"print\"\n",
              "f.toml:5: kind goes with access only"},
        Wrong{"[[trigger]]\naccess = 1\naction = \"discard\"\nblock = \"event\"\n",
              "f.toml:6: block = \"event\" goes with an event that has a block only"},
        Wrong{"[[trigger]]\nevent = \"esa\"\naction = \"print\"\n", "f.toml:4: 'esa' is not an event"},
        Wrong{"[[trigger]]\nevent = \"sigp\"\norc = 3\naction = \"print\"\n",
              "f.toml:5: orc goes with event = \"essa\" only"},
        Wrong{"[[trigger]]\nevent = \"essa\"\norc = 16\naction = \"print\"\n", "f.toml:5: orc is too large"},
        Wrong{"[[trigger]]\nevent = \"sigp\"\noperand = 3\naction = \"print\"\n",
              "f.toml:5: operand goes with an event that has a block only"},
        Wrong{"[[trigger]]\nat = 1\nafter-event = 3\naction = \"print\"\n",
              "f.toml:5: after-event goes with instructions only"},
        Wrong{"[[trigger]]\nat = 1\ndrawn = true\naction = \"print\"\n",
              "f.toml:5: drawn goes with instructions only"},
        Wrong{"[[trigger]]\ninstructions = 1\ndrawn = 1\naction = \"print\"\n",
              "f.toml:5: drawn must be a truth value"},
        Wrong{"[[trigger]]\nat = 1\nnth = 0\naction = \"print\"\n", "f.toml:5: nth counts from 1"},
        Wrong{"[[trigger]]\nat = 1\naction = \"discard\"\n", "f.toml:3: the action discard needs block"},
        Wrong{"[[trigger]]\nat = 1\naction = \"print\"\nblock = 3\n",
              "f.toml:6: the action print takes no block"},
        Wrong{"[[trigger]]\nat = 1\naction = \"switch\"\n", "f.toml:3: the action switch needs to"},
        Wrong{"[[trigger]]\nat = 1\naction = \"switch\"\nto = 1\n",
              "f.toml:3: a switch needs until or stay, or the scenario a trigger with action release"},
        Wrong{"[[trigger]]\nat = 1\naction = \"discard\"\nblock = \"register 16\"\n",
              "f.toml:6: block must be an address, \"last-essa\", \"event\", \"any volatile\", \"register "
              "N\" or \"page in "
              "register N\""},
        Wrong{"[[trigger]]\nat = 1\naction = \"discard\"\nblock = \"event\"\n",
              "f.toml:6: block = \"event\" goes with an event that has a block only"},
        Wrong{"[[trigger]]\nevent = \"sigp\"\naction = \"discard\"\nblock = \"event\"\n",
              "f.toml:6: block = \"event\" goes with an event that has a block only"},
        Wrong{"[[trigger]]\nat = \"f\"\naction = \"print\"\n", "f.toml:3: a symbol needs vmlinux in [guest]"},
        Wrong{"[[trigger]]\nat = 1\ncpu = 8\naction = \"print\"\n", "f.toml:5: cpu must be 0 to 7"},
        Wrong{"[[trigger]]\nat = 1\nafter = \"a\"\naction = \"print\"\n",
              "f.toml:3: after = \"a\": no trigger before this one has this name"},
        Wrong{"[[trigger]]\nname = \"a\"\nat = 1\naction = \"print\"\n[[trigger]]\nname = \"a\"\nat = "
              "1\naction "
              "= \"print\"\n",
              "f.toml:7: two triggers are called a"}));

TEST(Scenario, WhatIsNotTomlHasALineToo) {
  const auto scenario = parse_scenario("name = \"n\"\n= 3\n", "f.toml");
  ASSERT_FALSE(scenario);
  EXPECT_TRUE(scenario.error().starts_with("f.toml:2: ")) << scenario.error();
}

TEST(Scenario, MissingKeysAndFiles) {
  EXPECT_EQ(parse_scenario("summary = \"s\"\n", "f.toml").error(), "f.toml:1: name is missing");
  EXPECT_EQ(read_scenario("/nowhere/x.toml").error(), "/nowhere/x.toml: cannot be read");
}

TEST(Scenario, TheDocumentHasTheSchema) {
  std::ifstream file(CMMA_SOURCE_DIR "/docs/scenarios.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(schema_as_markdown()), std::string::npos) << "put this into docs/scenarios.md:\n"
                                                                      << schema_as_markdown();
}

}  // namespace
}  // namespace cmma::race
