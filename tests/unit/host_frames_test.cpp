// The count of frames (F1..F3).
#include <gtest/gtest.h>

#include "host/frames.hpp"

namespace cmma::host {
namespace {

TEST(HostFrames, NeverMoreThanTheLimit) {
  Frames frames;
  frames.open(32, 1000);
  std::uint64_t taken = 0;
  while (frames.take()) ++taken;
  EXPECT_EQ(taken, 28u) << "the rest is for unannounced accesses";
  EXPECT_EQ(frames.free(), 0u);
  while (frames.take_spare()) ++taken;
  EXPECT_EQ(taken, 32u);
  EXPECT_EQ(frames.used(), frames.limit());
  frames.give(32);
  EXPECT_EQ(frames.used(), 0u);
}

TEST(HostFrames, AsManyAsBlocksNeverRunLow) {
  for (const std::uint64_t limit : {100u, 200u}) {
    Frames frames;
    frames.open(limit, 100);
    for (int i = 0; i < 100; ++i) {
      EXPECT_FALSE(frames.low());
      EXPECT_TRUE(frames.take());
    }
    EXPECT_FALSE(frames.low());
    EXPECT_EQ(frames.shortage(), 0u);
    EXPECT_FALSE(frames.take());
  }
}

TEST(HostFrames, AskForReclaimBeforeTheyRunOut) {
  Frames frames;
  frames.open(32768, 131072);
  while (!frames.low()) ASSERT_TRUE(frames.take());
  EXPECT_GT(frames.free(), 256u);
  EXPECT_GT(frames.shortage(), 0u);
  frames.give(frames.shortage());
  EXPECT_EQ(frames.shortage(), 0u);
  EXPECT_FALSE(frames.low());
}

TEST(HostFrames, OneFrameWorks) {
  Frames frames;
  frames.open(1, 10);
  EXPECT_FALSE(frames.low());
  EXPECT_TRUE(frames.take());
  EXPECT_FALSE(frames.take());
  EXPECT_FALSE(frames.take_spare());
}

TEST(HostFramesDeathTest, GivenBackOnce) {
  Frames frames;
  frames.open(4, 10);
  EXPECT_DEATH(frames.give(1), "F1");
}

}  // namespace
}  // namespace cmma::host
