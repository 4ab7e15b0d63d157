// Taking blocks away: the limit holds, what must be kept is kept, and a write is avoided where it can be.
#include <gtest/gtest.h>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using record::Counter;
using enum state::Pair;

class HostReclaimPolicy : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, HostReclaimPolicy,
                         testing::Values("clock", "state-first", "random", "storm", "none"));

// Four times as many blocks as frames, every one written and read back, three times over.
TEST_P(HostReclaimPolicy, NothingIsLostUnderPressure) {
  constexpr std::uint64_t blocks = 1024;
  Rig rig(std::string{"frames=1M,seed=7,policy="} + GetParam(), blocks);
  for (std::uint64_t pass = 0; pass < 3; ++pass) {
    for (std::uint64_t block = 0; block < blocks; ++block) {
      ASSERT_EQ(rig.access(block), CMMA_DONE);
      auto* words = reinterpret_cast<std::uint64_t*>(rig.at(block));
      ASSERT_EQ(words[0], pass == 0 ? 0 : block + 1000 * pass);
      words[0] = block + 1000 * (pass + 1);
      ASSERT_LE(rig->frames().used(), 256u);
      if (rig->reclaim_wanted()) rig->reclaim(0);
    }
    rig->check_invariants();
  }
  EXPECT_TRUE(rig.machine.failures.empty());
  EXPECT_GT(rig->counters().get(Counter::page_ins), blocks);
}

TEST(HostReclaim, IsAskedForBeforeFramesRunOut) {
  Rig rig("frames=1M", 1024);
  std::uint64_t block = 0;
  while (!rig->reclaim_wanted()) ASSERT_EQ(rig.access(block++), CMMA_DONE);
  EXPECT_LT(block, 256u);
  EXPECT_GT(rig.machine.reclaim_requests, 0);
  EXPECT_EQ(rig->counters().get(Counter::forced_reclaims), 0u);
  rig->reclaim(0);
  EXPECT_FALSE(rig->reclaim_wanted());
  EXPECT_FALSE(rig->frames().low());
  rig->reclaim(0);
  EXPECT_EQ(rig->counters().get(Counter::reclaim_rounds), 1u) << "nothing to do: the machine is not stopped";
}

TEST(HostReclaim, APolicyWithoutVictimsIsNotAskedAgainAndAgain) {
  Rig rig("frames=1M,policy=none", 1024);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) {
    ASSERT_EQ(rig.access(block++), CMMA_DONE);
    if (rig->reclaim_wanted()) rig->reclaim(0);
  }
  EXPECT_EQ(rig->counters().get(Counter::reclaim_rounds), 1u);
}

TEST(HostReclaim, InTheMiddleOfAnInstructionOnlyStableBlocksLeave) {
  Rig rig("frames=64K", 64);
  std::vector<std::uint64_t> volatile_blocks;
  std::uint64_t block = 0;
  for (; rig->frames().free() > 4; ++block) {
    rig.bring(block, block % 2 == 0 ? Vr : Pr, 0x11);
    volatile_blocks.push_back(block);
  }
  for (int i = 0; i < 40; ++i) rig.store(block + static_cast<std::uint64_t>(i), 0x22);
  EXPECT_GT(rig->counters().get(Counter::forced_reclaims), 0u);
  for (const std::uint64_t kept : volatile_blocks) {
    EXPECT_EQ(rig.pair(kept), kept % 2 == 0 ? Vr : Pr);
    EXPECT_EQ(rig.at(kept)[0], 0x11);
  }
  rig->check_invariants();
}

TEST(HostReclaim, GuardedBlocksMayLeaveAtAnyTime) {
  Rig rig("frames=64K", 64);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) rig.bring(block++, Ur);
  EXPECT_EQ(rig.access(block), CMMA_DONE);
  EXPECT_GT(rig->counters().get(Counter::drops_unused), 0u);
  rig->check_invariants();
}

TEST(HostReclaim, WithoutAVictimTheMachineStopsWithOneLine) {
  Rig rig("frames=64K", 64);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) rig.bring(block++, Vr);
  EXPECT_EQ(rig.access(block), CMMA_FAILED);
  EXPECT_EQ(rig.access(block + 1), CMMA_FAILED);
  ASSERT_EQ(rig.machine.failures.size(), 1u);
  EXPECT_NE(rig.machine.failures[0].find("more frames"), std::string::npos);
  EXPECT_EQ(rig.access(0), CMMA_DONE) << "what is resident can be used";
  rig->check_invariants();
}

// What may leave in the middle of an instruction makes up for spare frames only; a channel goes on.
TEST(HostReclaim, AChannelTakesMoreThanOneRoundWhenSpareFramesAreInUse) {
  Rig rig("frames=64K", 64);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) rig.store(block++, 1);
  const std::uint64_t spare = rig->frames().spare();
  ASSERT_GE(spare, 2U);
  for (std::uint64_t i = 0; i < spare; ++i) EXPECT_EQ(rig.stray(block + i), 0);
  rig.essa(0, 2);
  for (std::uint64_t held = 1; held < block + spare; ++held) rig.essa(held, 3);
  std::uint64_t data = 7;
  std::size_t done = 0;
  const auto bytes = std::span(reinterpret_cast<const std::uint8_t*>(&data), sizeof data);
  EXPECT_EQ(rig->write((block + spare) * block_size, bytes, done), CMMA_DONE);
  EXPECT_EQ(rig.pair(0), Uz);
  EXPECT_EQ(rig.machine.failure_count, 0U);
  rig->check_invariants();
}

TEST(HostReclaim, ExemptBlocksStay) {
  Rig rig("frames=64K", 64);
  rig.store(0, 1);
  rig.store(1, 2);
  rig.machine.set_exempt(0);
  rig.machine.set_exempt(1);
  for (int pass = 0; pass < 3; ++pass) {
    for (std::uint64_t block = 2; block < 64; ++block) {
      ASSERT_EQ(rig.access(block), CMMA_DONE);
      if (rig->reclaim_wanted()) rig->reclaim(0);
      ASSERT_EQ(rig.pair(0), Sr);
      ASSERT_EQ(rig.pair(1), Sr);
    }
  }
  EXPECT_FALSE(rig.command("evict", 0));
}

TEST(HostReclaim, AnUnchangedBlockIsNotWrittenAgain) {
  Rig rig("");
  rig.bring(1, Sp, 0x44);
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  const std::uint64_t writes = rig.outside.writes;
  EXPECT_TRUE(rig.command("pageout", 1));
  EXPECT_EQ(rig.outside.writes, writes);
  EXPECT_EQ(rig->counters().get(Counter::copies_reused), 1u);
  // The guest may reset the change bit of its storage key at any time: the content decides.
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  rig.at(1)[4000] = 0x45;
  rig.machine.set_changed(1, false);
  EXPECT_TRUE(rig.command("pageout", 1));
  EXPECT_EQ(rig.outside.writes, writes + 1);
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  EXPECT_EQ(rig.at(1)[4000], 0x45);
  rig->check_invariants();
}

TEST(HostReclaim, AdjacentBlocksAreWrittenAndReleasedTogether) {
  Rig rig("frames=1M", 1024);
  for (std::uint64_t block = 0; !rig->reclaim_wanted(); ++block) rig.store(block, 3);
  const std::uint64_t writes = rig.outside.writes;
  rig->reclaim(0);
  const std::uint64_t left = rig->counters().get(Counter::page_outs);
  EXPECT_GT(left, 32u);
  EXPECT_LE(rig.outside.writes - writes, left / 16);
  EXPECT_LE(rig.outside.releases, 4u);
}

TEST(HostReclaim, AChangedPotentialBlockBecomesStable) {
  Rig rig("");
  rig.bring(1, Pr, 0x21);
  EXPECT_TRUE(rig.command("evict", 1));
  EXPECT_EQ(rig.pair(1), Sp) << "A21";
  rig.bring(2, Pr, 0x21);
  rig.machine.set_changed(2, false);
  EXPECT_TRUE(rig.command("evict", 2));
  EXPECT_EQ(rig.pair(2), Vz);
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  EXPECT_EQ(rig.at(1)[5], 0x21);
  rig->check_invariants();
}

TEST(HostReclaim, ADiscardResetsTheKeyAndFreesTheCopy) {
  Rig rig("");
  rig.bring(1, Sp);
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  rig.machine.set_changed(1);
  rig.essa(1, 3);
  EXPECT_EQ(rig->slots_in_use(), 1u);
  EXPECT_TRUE(rig.command("discard", 1));
  EXPECT_EQ(rig.pair(1), Vz);
  EXPECT_EQ(rig->slots_in_use(), 0u);
  EXPECT_FALSE(rig.machine.is_changed(1));
  EXPECT_FALSE(rig.fake->present(1));
}

TEST(HostStorm, TakesVolatileAndUnusedBlocksAtTheNextBoundary) {
  Rig rig("policy=storm");
  rig.bring(1, Vr);
  rig.bring(2, Ur);
  rig.bring(3, Pr);
  rig.machine.set_changed(3, false);
  rig.bring(4, Pr);
  rig.bring(5, Sr);
  rig.bring(6, Vr);
  rig.essa(6, 1);  // taken back in time
  EXPECT_TRUE(rig->reclaim_wanted());
  EXPECT_GT(rig.machine.reclaim_requests, 0);
  rig->reclaim(0);
  EXPECT_EQ(rig.pair(1), Vz);
  EXPECT_EQ(rig.pair(2), Uz);
  EXPECT_EQ(rig.pair(3), Vz);
  EXPECT_EQ(rig.pair(4), Pr) << "changed";
  EXPECT_EQ(rig.pair(5), Sr);
  EXPECT_EQ(rig.pair(6), Sr);
  EXPECT_EQ(rig.access(6), CMMA_DONE);
  rig->check_invariants();
}

// As a guest does whose instruction needs a volatile block: bring it back, make it volatile, try again.
TEST(HostStorm, ADiscardFaultIsFollowedByProgress) {
  Rig rig("policy=storm,seed=1");
  rig.bring(1, Vr);
  rig->reclaim(0);
  int tries = 1;
  while (rig.access(1) == CMMA_DISCARDED) {
    ASSERT_LT(++tries, 100);
    rig.essa(1, 1);
    ASSERT_EQ(rig.access(1), CMMA_DONE);
    rig.essa(1, 3);
    rig.essa(2, 1);
    rig.bring(2, Ur);
    rig->reclaim(0);
    EXPECT_EQ(rig.pair(2), Uz) << "unused blocks are never spared";
  }
  EXPECT_GT(tries, 1);
  rig->check_invariants();
}

// As a guest does that wants a block for itself: make it stable if it is there, or bring it back and try
// again.
TEST(HostStorm, AFailureToMakeStableIsFollowedByProgress) {
  Rig rig("policy=storm,seed=1");
  rig.bring(1, Vr);
  rig->reclaim(0);
  int tries = 1;
  while (state::pair_of(static_cast<state::Byte>(rig.essa(1, 6))) == Vz) {
    ASSERT_LT(++tries, 100);
    rig.essa(1, 1);
    ASSERT_EQ(rig.access(1), CMMA_DONE);
    rig.essa(1, 3);
    rig->reclaim(0);
  }
  EXPECT_GT(tries, 1);
  EXPECT_EQ(rig.pair(1), Sr);
}

TEST(HostStorm, TooManyToListAreFoundAllTheSame) {
  constexpr std::uint64_t blocks = 6000;
  Rig rig("policy=storm", blocks);
  for (std::uint64_t block = 0; block < blocks; ++block) rig.bring(block, block % 3 == 0 ? Sr : Vr);
  rig->reclaim(0);
  for (std::uint64_t block = 0; block < blocks; ++block) ASSERT_EQ(rig.pair(block), block % 3 == 0 ? Sr : Vz);
  rig->check_invariants();
}

TEST(HostMetadata, AtMostEightBytesForEachBlock) {
  // The state byte, the check value, and a bit for a free slot: see H and P. The lists are bounded.
  constexpr std::size_t state = sizeof(state::Byte);
  constexpr std::size_t check = 3 * sizeof(std::uint16_t);
  static_assert(8 * (state + check) + 1 <= 64);
}

}  // namespace
}  // namespace cmma::test
