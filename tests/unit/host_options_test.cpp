// The options of cmma_open: what they mean, and what is said about a bad one.
#include <gtest/gtest.h>

#include "host/options.hpp"

namespace cmma::host {
namespace {

TEST(HostOptions, DefaultsAreThoseOfTheDocumentation) {
  const auto options = parse_options("");
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->frames);
  EXPECT_EQ(options->policy, "clock");
  EXPECT_FALSE(options->seed);
  EXPECT_TRUE(options->store.empty());
  EXPECT_FALSE(options->test);
  EXPECT_TRUE(options->reading.nodat);
  EXPECT_TRUE(options->reading.unused_is_exception);
  EXPECT_TRUE(options->reading.channel_checks);
  EXPECT_FALSE(options->reading.orc6_stabilises_uz);
  EXPECT_TRUE(options->reading.program_reset_is_reset);
}

TEST(HostOptions, EveryNameIsUnderstood) {
  const auto options = parse_options(
      "frames=128M,policy=storm,seed=0x10,store=/a/b,json=r.json,trace=t.trc,nodat=off,unused=zero,"
      "channel=zero,orc6=not-discarded,reset-states=off,test=on");
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->frames, 32768u);
  EXPECT_EQ(options->policy, "storm");
  EXPECT_EQ(options->seed, 16u);
  EXPECT_EQ(options->store, "/a/b");
  EXPECT_EQ(options->json, "r.json");
  EXPECT_EQ(options->trace, "t.trc");
  EXPECT_TRUE(options->test);
  EXPECT_FALSE(options->reading.nodat);
  EXPECT_FALSE(options->reading.unused_is_exception);
  EXPECT_FALSE(options->reading.channel_checks);
  EXPECT_TRUE(options->reading.orc6_stabilises_uz);
  EXPECT_FALSE(options->reading.program_reset_is_reset);
}

TEST(HostOptions, EmptyItemsAreSkipped) {
  const auto options = parse_options(",policy=none,,");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->policy, "none");
}

struct Bad {
  const char* list;
  const char* names;  // the complaint names this
};

class HostBadOption : public testing::TestWithParam<Bad> {};

TEST_P(HostBadOption, IsRefusedInOneLine) {
  const auto options = parse_options(GetParam().list);
  ASSERT_FALSE(options);
  EXPECT_NE(options.error().find(GetParam().names), std::string::npos) << options.error();
  EXPECT_EQ(options.error().find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostBadOption,
    testing::Values(Bad{"frame=1M", "frame"}, Bad{"frames", "frames"}, Bad{"frames=", "128M"},
                    Bad{"frames=0", "4K"}, Bad{"frames=6K", "4K"}, Bad{"frames=1T", "128M"},
                    Bad{"frames=-4K", "128M"}, Bad{"frames=99999999999G", "128M"}, Bad{"frames=K", "128M"},
                    Bad{"policy=lru", "state-first"}, Bad{"seed=x", "seed"}, Bad{"seed=0x", "seed"},
                    Bad{"seed=18446744073709551616", "2^64"}, Bad{"store=", "store"}, Bad{"json=", "json"},
                    Bad{"trace=", "trace"}, Bad{"nodat=yes", "on or off"},
                    Bad{"unused=ON", "exception or zero"}, Bad{"channel=", "check or zero"},
                    Bad{"orc6=1", "resident"}, Bad{"test=1", "on or off"}, Bad{"test=on,mutant=x", "tlb"},
                    Bad{"mutant=tlb", "test=on"}, Bad{"=", "not known"}));

TEST(HostOptions, Sizes) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("4k"), 4096u);
  EXPECT_EQ(parse_size("2G"), 2147483648u);
  EXPECT_EQ(parse_size("0x1000"), 4096u);
  EXPECT_EQ(parse_size("17179869183G"), 18446744072635809792u);
  EXPECT_FALSE(parse_size("17179869184G"));
  EXPECT_FALSE(parse_size(""));
  EXPECT_FALSE(parse_size("4 K"));
}

}  // namespace
}  // namespace cmma::host
