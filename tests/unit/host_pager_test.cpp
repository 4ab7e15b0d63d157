// The safety net: accesses that nobody announced (S1, S2), with the double and with real page faults.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <thread>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using record::Counter;
using enum state::Pair;

// The pager tells the machine after it has let the thread go.
void wait_for(const std::atomic<std::size_t>& count, std::size_t wanted) {
  while (count < wanted) std::this_thread::yield();
}

TEST(HostPager, StableBlocksAreBroughtInAndCounted) {
  Rig rig("");
  rig.bring(1, Sp, 0x31);
  EXPECT_EQ(rig.stray(1), 0x31);
  EXPECT_EQ(rig.stray(2), 0);
  EXPECT_EQ(rig.pair(1), Sr);
  EXPECT_EQ(rig.pair(2), Sr);
  EXPECT_EQ(rig->counters().get(Counter::stray_resolved), 2u);
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 0u);
  rig->check_invariants();
}

TEST(HostPager, ATouchOfADiscardedBlockIsAnError) {
  Rig rig("");
  rig.bring(1, Vz);
  EXPECT_EQ(rig.stray(1), 0);
  EXPECT_EQ(rig.pair(1), Vz) << "the guest still gets its exception";
  EXPECT_EQ(rig.access(1), CMMA_DISCARDED);
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 1u);
  EXPECT_EQ(rig->frames().used(), 1u) << "a ghost has a frame";
  rig->check_invariants();
  ASSERT_TRUE(rig->reclaim_wanted());
  rig->reclaim(0);
  EXPECT_EQ(rig->frames().used(), 0u);
  EXPECT_FALSE(rig.fake->present(1));
  wait_for(rig.machine.message_count, 1);
  EXPECT_NE(rig.machine.messages[0].find("0x1000"), std::string::npos);
}

TEST(HostPager, AGhostGoesWhenTheBlockGetsAFrame) {
  Rig rig("");
  rig.bring(1, Uz);
  EXPECT_EQ(rig.stray(1), 0);
  rig.at(1)[0] = 99;  // what an unannounced store would have left
  rig.essa(1, 1);
  EXPECT_EQ(rig.access(1), CMMA_DONE);
  EXPECT_EQ(rig.at(1)[0], 0);
  rig->check_invariants();
}

TEST(HostPager, GhostsGoWithReleaseAndReset) {
  Rig rig("");
  for (std::uint64_t block = 1; block <= 2; ++block) {
    rig.bring(block, Vz);
    EXPECT_EQ(rig.stray(block), 0);
  }
  EXPECT_EQ(rig->release(0, 1, 1), CMMA_DONE);
  EXPECT_EQ(rig->frames().used(), 1u);
  rig->reset(false);
  EXPECT_EQ(rig->frames().used(), 0u);
  rig->check_invariants();
}

TEST(HostPager, MessagesAreNotRepeatedForEver) {
  Rig rig("", 128);
  for (std::uint64_t block = 0; block < 100; ++block) {
    rig.bring(block, Vz);
    EXPECT_EQ(rig.stray(block), 0);
  }
  wait_for(rig.machine.message_count, 10);
  EXPECT_EQ(rig.machine.messages.size(), 10u);
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 100u);
}

TEST(HostPager, AFaultOnAPageThatIsThereJustWakes) {
  Rig rig("");
  rig.store(1, 5);
  rig.fake->report_fault(1);
  rig.bring(2, Vz);
  EXPECT_EQ(rig.stray(2), 0);
  rig.fake->report_fault(2);
  EXPECT_EQ(rig.stray(3), 0) << "the pager still answers";
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 1u);
}

TEST(HostPager, TakesTheSpareFramesAndThenStopsTheMachine) {
  Rig rig("frames=64K", 64);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) rig.store(block++, 1);
  const std::uint64_t spare = rig->frames().spare();
  ASSERT_GT(spare, 0u);
  for (std::uint64_t i = 0; i < spare; ++i) EXPECT_EQ(rig.stray(block + i), 0);
  EXPECT_EQ(rig.machine.failure_count, 0u);
  EXPECT_EQ(rig.stray(block + spare), 0) << "S2";
  wait_for(rig.machine.failure_count, 1);
  rig->check_invariants();
}

TEST(HostPager, ALostCopyStopsTheMachineAndWakesTheThread) {
  Rig rig("", 64);
  rig.bring(3, Sp, 0x70);
  rig.outside.reads_until_error = 0;
  EXPECT_EQ(rig.stray(3), 0);
  wait_for(rig.machine.failure_count, 1);
  EXPECT_EQ(rig.pair(3), Sp);
}

// As in a deterministic run: no other thread answers.
TEST(HostStraysInPlace, AreAnsweredInTheThreadThatMakesThem) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  // The signal comes from an access that is made here, so that what is unsafe in other signals is not in this
  // one.
  GTEST_SKIP() << "the thread sanitizer takes it for a signal that may come at any time";
#endif
#endif
  Rig rig{"frames=256K,strays=in-place", 256, true};
  if (!rig.machine.messages.empty()) GTEST_SKIP() << rig.machine.messages[0];
  rig.bring(1, Sp, 0x42);
  std::atomic_ref<std::uint8_t> first(*rig.at(1));
  EXPECT_EQ(first.load(), 0x42);
  EXPECT_EQ(rig->counters().get(Counter::stray_resolved), 1u);
  EXPECT_EQ(rig.pair(1), Sr);
  rig.bring(2, Vz);
  std::atomic_ref<std::uint8_t> second(*rig.at(2));
  EXPECT_EQ(second.load(), 0);
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 1u);
  EXPECT_EQ(rig.machine.messages.size(), 1u) << "told before the access went on";
  rig->check_invariants();
}

class HostRealPager : public testing::Test {
 protected:
  void SetUp() override {
    // Without userfaultfd the host says so when it is opened.
    if (!rig.machine.messages.empty()) GTEST_SKIP() << rig.machine.messages[0];
  }

  [[nodiscard]] bool in_core(std::uint64_t block) {
    unsigned char page = 0;
    EXPECT_EQ(::mincore(rig.at(block), block_size, &page), 0);
    return (page & 1) != 0;
  }

  Rig rig{"frames=256K", 256, true};
};

TEST_F(HostRealPager, RealFaultsAreResolved) {
  rig.bring(1, Sp, 0x42);
  EXPECT_FALSE(in_core(1)) << "the memory went back to the operating system";
  std::atomic_ref<std::uint8_t> first(*rig.at(1));
  EXPECT_EQ(first.load(), 0x42);
  rig.await_pager();
  EXPECT_EQ(rig.pair(1), Sr);
  rig.bring(2, Vz);
  std::atomic_ref<std::uint8_t> discarded(*rig.at(2));
  EXPECT_EQ(discarded.load(), 0);
  rig.await_pager();
  EXPECT_EQ(rig.pair(2), Vz);
  EXPECT_EQ(rig->counters().get(Counter::stray_resolved), 1u);
  EXPECT_EQ(rig->counters().get(Counter::stray_errors), 1u);
  rig->check_invariants();
}

TEST_F(HostRealPager, TheResidentSetIsTheTruth) {
  for (std::uint64_t block = 0; block < 256; ++block) {
    rig.store(block, static_cast<std::uint8_t>(block));
    if (rig->reclaim_wanted()) rig->reclaim(0);
  }
  std::uint64_t resident = 0;
  for (std::uint64_t block = 0; block < 256; ++block) {
    EXPECT_EQ(in_core(block), state::is_resident(rig.byte(block)));
    resident += static_cast<std::uint64_t>(in_core(block));
  }
  EXPECT_EQ(resident, rig->frames().used());
  EXPECT_LE(resident, 64u);
  for (std::uint64_t block = 0; block < 256; ++block) {
    ASSERT_EQ(rig.access(block), CMMA_DONE);
    ASSERT_EQ(rig.at(block)[4095], block);
  }
}

TEST_F(HostRealPager, ASystemCallOnAMissingPageIsResolvedToo) {
  rig.bring(1, Sp, 0x42);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], rig.at(1), 16), 16);
  std::uint8_t got[16] = {};
  EXPECT_EQ(::read(ends[0], got, 16), 16);
  EXPECT_EQ(got[15], 0x42);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace cmma::test
