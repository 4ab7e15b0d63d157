// A scenario as an invocation of `cmma boot`, and the scenarios of this checkout.
#include "cli/race_run.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace cmma::cli {
namespace {

race::Scenario scenario() {
  race::Scenario one;
  one.file = "/s/late.toml";
  one.seed = 7;
  one.boot.cpus = 2;
  one.boot.memory = "64M";
  one.boot.overlays = {"/s/a", "/s/b"};
  one.boot.run = "cat /f; sync";
  one.boot.timeout = 2.5;
  one.boot.options = {"--verbose"};
  one.triggers.emplace_back();
  return one;
}

TEST(RaceRun, IsAnInvocationOfBoot) {
  EXPECT_EQ(
      boot_arguments(scenario(), std::nullopt),
      (std::vector<std::string>{
          "boot",          "--deterministic", "--seed",    "7",        "--cpus",  "2",        "--overlay",
          "/s/a",          "--overlay",       "/s/b",      "--memory", "64M",     "--policy", "none",
          "--run",         "cat /f; sync",    "--timeout", "2.5",      "--limit", "30",       "--cmma-option",
          "invariants=on", "--verbose"}));
}

TEST(RaceRun, TheEngineIsToldItsFiles) {
  const auto one = scenario();
  const auto arguments = engine_arguments(one, race_files(one, "/out"));
  ASSERT_TRUE(arguments);
  EXPECT_EQ(*arguments, (std::vector<std::string>{"--cmma-option", "race=/s/late.toml", "--cmma-option",
                                                  "schedule=/out/late.schedule.toml", "--cmma-option",
                                                  "interleaving=/out/late.interleaving.txt"}));
}

TEST(RaceRun, GuardedIsWithoutWhatSwitchesGuardsOff) {
  auto one = scenario();
  one.boot.append = "page_states=on cmma_break=R3,R4 quiet";
  one.expect = "oops: x";
  const auto other = guarded(one);
  EXPECT_EQ(other.boot.append, "page_states=on quiet");
  EXPECT_EQ(other.expect, "");
  EXPECT_EQ(other.triggers.size(), 1u);
}

TEST(RaceRun, TheSeedCanBeAnother) { EXPECT_EQ(boot_arguments(scenario(), 9).at(3), "9"); }

TEST(RaceRun, OptionsOfTheHostHaveNoCommas) {
  auto one = scenario();
  one.file = "/a,b/late.toml";
  EXPECT_FALSE(engine_arguments(one, race_files(one, "/out")));
}

TEST(RaceRun, FilesThatAreMissingAreNamed) {
  auto one = scenario();
  one.boot.overlays = {"/dev/null"};
  EXPECT_TRUE(check_files(one));
  for (std::string* file : {&one.boot.kernel, &one.boot.initrd, &one.guest.vmlinux,
                            &one.boot.overlays.front(), &one.boot.disks.emplace_back()}) {
    const std::string before = std::exchange(*file, "/s/../no such file");
    const auto there = check_files(one);
    ASSERT_FALSE(there);
    EXPECT_TRUE(there.error().starts_with("/s/late.toml: there is no /no such file (./testbed build race"))
        << there.error();
    *file = before;
  }
}

TEST(RaceRun, AReplayWritesTheFilesOfTheRun) {
  auto one = scenario();
  one.file = "/s/late.schedule.toml";
  EXPECT_EQ(race_files(one, "/out").schedule, "/out/late.schedule.toml");
}

TEST(Scenarios, OfThisCheckoutAreRight) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CMMA_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".toml") continue;
    const auto read = race::read_scenario(entry.path().string());
    EXPECT_TRUE(read) << read.error();
    ++count;
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace cmma::cli
