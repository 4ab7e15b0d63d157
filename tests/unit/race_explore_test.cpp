// Exploration against a fake machine: all placements once, campaigns that stop and go on, parts that merge,
// and failures made small.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cmma/race.h"
#include "race/campaign.hpp"
#include "race/plans.hpp"

namespace cmma::race {
namespace {

// Event numbers of the triggers that do this.
std::vector<std::uint64_t> events_of(const std::vector<Trigger>& triggers, Action action) {
  std::vector<std::uint64_t> events;
  for (const Trigger& trigger : triggers) {
    if (trigger.action == action) events.push_back(trigger.nth);
  }
  return events;
}

std::string text_of(const std::vector<Trigger>& triggers) {
  std::string text;
  for (const Trigger& trigger : triggers) text += describe(trigger) + "\n";
  return text;
}

TEST(Plans, NthIsEachEventInTurn) {
  const auto planner = plan_nth({.first = 5,
                                 .last = 9,
                                 .event = {.kind = CMMA_EVENT_ESSA, .detail = 3, .operand = {}},
                                 .deed = {.action = Action::discard, .block = EventBlock{}}});
  ASSERT_EQ(planner->count(), 5u);
  for (std::uint64_t k = 0; k < 5; ++k) {
    const auto triggers = planner->plan(k);
    ASSERT_EQ(triggers.size(), 1u);
    EXPECT_EQ(triggers[0].nth, 5 + k);
    EXPECT_EQ(triggers[0].place, (Place{AtEvent{CMMA_EVENT_ESSA, 3, {}}}));
  }
  EXPECT_EQ(planner->description(), "nth 5 to 9: discard event at event essa 3");
}

// 4 events, at most 2 switches to 2 CPUs, at most 1 deed of 3: every placement once, and no other.
TEST(Plans, BoundedIsEveryPlacementOnce) {
  const auto planner = plan_bounded({.first = 11,
                                     .last = 14,
                                     .switches = 2,
                                     .cpus = 2,
                                     .deeds = 1,
                                     .choices = {{Action::discard, LastEssa{}},
                                                 {Action::page_out, std::uint64_t{0x5000}},
                                                 {Action::drop, EventBlock{}}}});
  const std::uint64_t switches = 1 + 4 * 2 + 6 * 4;
  const std::uint64_t deeds = 1 + 4 * 3;
  ASSERT_EQ(planner->count(), switches * deeds);
  std::set<std::string> all;
  std::size_t before = 0;
  for (std::uint64_t k = 0; k < planner->count(); ++k) {
    const auto triggers = planner->plan(k);
    EXPECT_GE(triggers.size(), before) << "fewer triggers come first";
    before = triggers.size();
    const auto switch_events = events_of(triggers, Action::switch_cpu);
    EXPECT_LE(switch_events.size(), 2u);
    EXPECT_LE(triggers.size() - switch_events.size(), 1u);
    for (const Trigger& trigger : triggers) {
      EXPECT_GE(trigger.nth, 11u);
      EXPECT_LE(trigger.nth, 14u);
    }
    EXPECT_TRUE(std::ranges::is_sorted(triggers, {}, &Trigger::nth));
    EXPECT_TRUE(all.insert(text_of(triggers)).second) << text_of(triggers);
  }
  EXPECT_EQ(all.size(), planner->count());
}

TEST(Plans, BoundedOfALargeWindowIsNumbered) {
  const auto planner =
      plan_bounded({.first = 1, .last = 1'000'000, .switches = 2, .cpus = 2, .deeds = 0, .choices = {}});
  const std::uint64_t pairs = 1'000'000ull * 999'999 / 2;
  EXPECT_EQ(planner->count(), 1 + 2'000'000 + pairs * 4);
  EXPECT_EQ(events_of(planner->plan(0), Action::switch_cpu), std::vector<std::uint64_t>{});
  const auto last = events_of(planner->plan(planner->count() - 1), Action::switch_cpu);
  EXPECT_EQ(last, (std::vector<std::uint64_t>{999'999, 1'000'000}));
}

TEST(Plans, RandomIsTheSameForTheSameNumber) {
  const RandomSpace space{.first = 1,
                          .last = 10'000,
                          .rate = 6554,
                          .seeds = 10,
                          .choices = {{Action::discard, EventBlock{}}, {Action::page_out, LastEssa{}}}};
  const auto planner = plan_random(space);
  EXPECT_EQ(text_of(planner->plan(3)), text_of(plan_random(space)->plan(3)));
  EXPECT_NE(text_of(planner->plan(3)), text_of(planner->plan(4)));
  const auto triggers = planner->plan(3);
  EXPECT_NEAR(static_cast<double>(triggers.size()), 1000.0, 150.0);
  EXPECT_NEAR(static_cast<double>(events_of(triggers, Action::page_out).size()), 500.0, 120.0);
}

// The fake machine: it fails if a discard is at event 17 or 40, otherwise only a discard at 23 with a switch
// before.
std::expected<Result, std::string> fake_run(const std::vector<Trigger>& triggers) {
  const auto discards = events_of(triggers, Action::discard);
  const auto switches = events_of(triggers, Action::switch_cpu);
  Result result{.signature = "", .done = triggers.size(), .refused = 0};
  const auto has = [&](std::uint64_t event) { return std::ranges::find(discards, event) != discards.end(); };
  const bool before = std::ranges::any_of(switches, [](std::uint64_t event) { return event < 23; });
  if (has(17) || has(40)) result.signature = "bug: one";
  if (has(23) && before) result.signature = "oops: \"two\"\nwith a line";
  return result;
}

std::unique_ptr<Planner> nth_of_50() { return plan_nth({.first = 1, .last = 50, .event = {}, .deed = {}}); }

class Campaign : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder / name).string(); }
  [[nodiscard]] static std::string content(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(name).rdbuf();
    return text.str();
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("race_campaign_" + std::to_string(::getpid()));
};

TEST_F(Campaign, FindsWhichPlacesFail) {
  const auto results = explore(*nth_of_50(), "toy", {}, file("r"), fake_run, {});
  ASSERT_TRUE(results) << results.error();
  EXPECT_EQ(results->by_plan.size(), 50u);
  const auto found = classes(*results);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].count, 2u);
  EXPECT_EQ(found[0].first_plan, 16u);
  EXPECT_EQ(summary(*results),
            "toy; nth 1 to 50: discard event at event any\n50 plans run, 50 did something, 2 failed\n"
            "       2  bug: one (first: plan 16)\n");
}

TEST_F(Campaign, TheSmallestOfEachClassIsNamed) {
  const Results results{.campaign = "a",
                        .by_plan = {{2, {.signature = "x", .done = 7, .refused = 0}},
                                    {4, {.signature = "x", .done = 3, .refused = 0}},
                                    {9, {.signature = "x", .done = 3, .refused = 0}}}};
  const auto found = classes(results);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].first_plan, 2u);
  EXPECT_EQ(found[0].smallest_plan, 4u);
  EXPECT_EQ(found[0].smallest_done, 3u);
  EXPECT_NE(summary(results).find("x (first: plan 2; smallest: plan 4, 3 done)"), std::string::npos);
}

// C4: a result that is in the file has been kept.
TEST_F(Campaign, WhatIsToldIsNotInTheFileYet) {
  const auto progress = [&](std::uint64_t plan, const Result&) {
    EXPECT_FALSE(parse_results(content(file("r")), "r")->by_plan.contains(plan));
    return true;
  };
  ASSERT_TRUE(explore(*nth_of_50(), "toy", {.from = 0, .to = 5}, file("r"), fake_run, progress));
}

TEST_F(Campaign, GoesOnWhereItWasStopped) {
  std::vector<std::uint64_t> ran;
  const auto progress = [&](std::uint64_t plan, const Result&) {
    ran.push_back(plan);
    return ran.size() % 20 != 0;
  };
  ASSERT_TRUE(explore(*nth_of_50(), "toy", {}, file("r"), fake_run, progress));
  EXPECT_EQ(ran.size(), 20u);
  // It was killed in the middle of a line.
  std::ofstream(file("r"), std::ios::app) << "{\"plan\":20,\"signat";
  while (ran.size() < 50) ASSERT_TRUE(explore(*nth_of_50(), "toy", {}, file("r"), fake_run, progress));
  EXPECT_EQ(ran.size(), 50u);
  EXPECT_EQ(std::set(ran.begin(), ran.end()).size(), 50u) << "each once";
  ASSERT_TRUE(explore(*nth_of_50(), "toy", {}, file("whole"), fake_run, {}));
  EXPECT_EQ(content(file("r")), content(file("whole")));
}

// Up to three at a time, the last that was begun ends first.
class Stack final : public Runner {
 public:
  unsigned jobs() const override { return 3; }
  std::expected<void, std::string> begin(std::uint64_t plan, const std::vector<Trigger>& triggers) override {
    under_way_.emplace_back(plan, *fake_run(triggers));
    most_ = std::max(most_, under_way_.size());
    return {};
  }
  std::expected<std::pair<std::uint64_t, Result>, std::string> next() override {
    auto last = under_way_.back();
    under_way_.pop_back();
    return last;
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  std::vector<std::pair<std::uint64_t, Result>> under_way_;
  std::size_t most_ = 0;
};

TEST_F(Campaign, SeveralAtATimeEndInAnyOrder) {
  Stack runner;
  const auto results = explore(*nth_of_50(), "toy", {}, file("r"), runner, {});
  ASSERT_TRUE(results) << results.error();
  EXPECT_EQ(runner.most(), 3u);
  const auto one_by_one = explore(*nth_of_50(), "toy", {}, file("whole"), fake_run, {});
  ASSERT_TRUE(one_by_one);
  EXPECT_EQ(write_results(*results), write_results(*one_by_one));
  const auto read_again = parse_results(content(file("r")), "r");
  ASSERT_TRUE(read_again) << read_again.error();
  EXPECT_EQ(write_results(*read_again), write_results(*results));
}

TEST_F(Campaign, StoppedItWaitsForWhatIsUnderWay) {
  Stack runner;
  const auto results =
      explore(*nth_of_50(), "toy", {}, file("r"), runner, [](std::uint64_t, const Result&) { return false; });
  ASSERT_TRUE(results) << results.error();
  EXPECT_EQ(results->by_plan.size(), 3u);
}

TEST_F(Campaign, PartsMergeToTheWhole) {
  std::vector<Results> parts;
  for (std::uint64_t part = 0; part < 3; ++part) {
    auto results =
        explore(*nth_of_50(), "toy", part_of(50, part, 3), file("r" + std::to_string(part)), fake_run, {});
    ASSERT_TRUE(results);
    parts.push_back(std::move(*results));
  }
  EXPECT_EQ(parts[0].by_plan.size(), 17u);
  EXPECT_EQ(parts[2].by_plan.size(), 16u);
  const auto merged = merge(parts);
  ASSERT_TRUE(merged) << merged.error();
  const auto whole = explore(*nth_of_50(), "toy", {}, file("whole"), fake_run, {});
  EXPECT_EQ(write_results(*merged), write_results(*whole));
}

TEST_F(Campaign, AnotherCampaignIsNotMixedIn) {
  ASSERT_TRUE(explore(*nth_of_50(), "toy", {.from = 0, .to = 5}, file("r"), fake_run, {}));
  const auto other = explore(*nth_of_50(), "other", {}, file("r"), fake_run, {});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error(), file("r") +
                               " has the results of another campaign: \"toy; nth 1 to 50: discard event "
                               "at event any\"");
  const Results a{.campaign = "a", .by_plan = {}};
  const Results b{.campaign = "b", .by_plan = {}};
  EXPECT_FALSE(merge({a, b}));
}

TEST_F(Campaign, TwoEndsOfOnePlanAreAnError) {
  const Results a{.campaign = "a", .by_plan = {{3, {.signature = "x", .done = 1, .refused = 0}}}};
  const Results b{.campaign = "a", .by_plan = {{3, {.signature = "", .done = 1, .refused = 0}}}};
  EXPECT_TRUE(merge({a, a}));
  const auto merged = merge({a, b});
  ASSERT_FALSE(merged);
  EXPECT_NE(merged.error().find("not deterministic"), std::string::npos);
}

TEST_F(Campaign, AnErrorOfTheMachineStopsIt) {
  const auto run = [](const std::vector<Trigger>& triggers) -> std::expected<Result, std::string> {
    if (triggers[0].nth == 4) return std::unexpected("no memory");
    return Result{};
  };
  const auto results = explore(*nth_of_50(), "toy", {}, file("r"), run, {});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error(), "plan 3: no memory");
  EXPECT_EQ(parse_results(content(file("r")), "r")->by_plan.size(), 3u) << "what was done is kept";
}

TEST(CampaignFile, SaysWhereItIsWrong) {
  EXPECT_EQ(parse_results("{\"plan\":1}\n", "r").error(), "r:1: does not begin with a campaign");
  EXPECT_EQ(parse_results("{\"campaign\":\"a\"}\nx\n", "r").error(), "r:2: is not JSON");
  EXPECT_EQ(parse_results("{\"campaign\":\"a\"}\n{\"plan\":-1}\n", "r").error(), "r:2: is not a result");
  EXPECT_TRUE(parse_results("", "r"));
}

TEST(Shrink, KeepsWhatIsNeeded) {
  const auto planner =
      plan_bounded({.first = 1, .last = 50, .switches = 0, .cpus = 2, .deeds = 1, .choices = {{}}});
  std::vector<Trigger> triggers;
  for (std::uint64_t event = 1; event <= 50; ++event) {
    triggers.push_back(planner->plan(event)[0]);
    Trigger change = triggers.back();
    change.action = Action::switch_cpu;
    change.block.reset();
    change.to = 1;
    if (event % 7 == 0) triggers.push_back(change);
  }
  std::erase_if(triggers, [](const Trigger& trigger) { return trigger.nth == 17 || trigger.nth == 40; });
  const std::string signature = fake_run(triggers)->signature;
  ASSERT_EQ(signature, "oops: \"two\"\nwith a line");
  int runs = 0;
  const auto small = shrink(triggers, signature, [&](const std::vector<Trigger>& some) {
    ++runs;
    return fake_run(some);
  });
  ASSERT_TRUE(small);
  ASSERT_EQ(small->size(), 2u) << text_of(*small);
  EXPECT_EQ(events_of(*small, Action::discard), std::vector<std::uint64_t>{23});
  EXPECT_LT(runs, 60) << "not every subset";
}

TEST(Shrink, TakesAlongWhoWaitsForIt) {
  Trigger first;
  first.name = "first";
  first.nth = 1;
  Trigger waits = first;
  waits.name = "";
  waits.after = "first";
  waits.nth = 2;
  Trigger needed;
  needed.action = Action::discard;
  needed.nth = 17;
  const auto small = shrink({first, waits, needed}, "bug: one", fake_run);
  ASSERT_TRUE(small);
  ASSERT_EQ(small->size(), 1u);
  EXPECT_EQ(small->front().nth, 17u);
}

TEST(Shrink, OfNothingIsNothing) {
  const auto small = shrink({}, "", fake_run);
  ASSERT_TRUE(small);
  EXPECT_TRUE(small->empty());
}

}  // namespace
}  // namespace cmma::race
