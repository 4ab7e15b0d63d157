// Accesses and ESSA, on each state: the host does what the table says, and the content follows (I1..I6).
#include <gtest/gtest.h>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using state::Pair;
using enum state::Pair;

TEST(HostAccess, FirstTouchGivesZeros) {
  Rig rig("");
  EXPECT_EQ(rig.pair(3), Sz) << "A23";
  EXPECT_EQ(rig.access(3), CMMA_DONE);
  EXPECT_EQ(rig.pair(3), Sr);
  for (std::size_t i = 0; i < block_size; ++i) ASSERT_EQ(rig.at(3)[i], 0);
  rig->check_invariants();
}

TEST(HostAccess, TheMachineIsToldOfEvents) {
  Rig rig("");
  EXPECT_EQ(rig.access(3), CMMA_DONE);
  EXPECT_EQ(rig.machine.last_event, 3u << 8 | rig.byte(3));
  rig.essa(5, 2);
  EXPECT_EQ(rig.machine.last_event, 5u << 8 | rig.byte(5));
}

TEST(HostAccess, OutsideMainStorage) {
  Rig rig("");
  EXPECT_EQ(rig->access(64 * block_size, 0), CMMA_ADDRESSING);
  EXPECT_EQ(rig->access(~std::uint64_t{0}, 0), CMMA_ADDRESSING);
}

TEST(HostAccess, PageInBringsTheContentBack) {
  Rig rig("");
  rig.bring(5, Sp, 0x77);
  EXPECT_FALSE(rig.fake->present(5));
  EXPECT_EQ(rig.access(5), CMMA_DONE);
  EXPECT_EQ(rig.pair(5), Sr);
  for (std::size_t i = 0; i < block_size; ++i) ASSERT_EQ(rig.at(5)[i], 0x77);
  rig->check_invariants();
}

TEST(HostAccess, DiscardedAndUnusedAreReported) {
  Rig rig("");
  rig.bring(1, Vz);
  rig.bring(2, Uz);
  rig.bring(3, Ur);
  EXPECT_EQ(rig.access(1), CMMA_DISCARDED);
  EXPECT_EQ(rig.access(2), CMMA_UNUSED);
  EXPECT_EQ(rig.access(3), CMMA_UNUSED);
  EXPECT_EQ(rig.pair(1), Vz);
  EXPECT_EQ(rig.pair(2), Uz);
  EXPECT_EQ(rig.pair(3), Ur);
  EXPECT_EQ(rig->counters().get(record::Counter::discard_faults), 1u);
  EXPECT_EQ(rig->counters().get(record::Counter::unused_accesses), 2u);
}

TEST(HostAccess, UnusedBlocksAreServedByOption) {
  Rig rig("unused=zero");
  rig.bring(2, Uz);
  EXPECT_EQ(rig.access(2), CMMA_DONE);
  EXPECT_EQ(rig.pair(2), Ur);
  EXPECT_EQ(rig.byte(2) & CMMA_STATE_ATTENTION, 0);
  EXPECT_EQ(rig.at(2)[0], 0);
  rig->check_invariants();
}

TEST(HostAccess, ClearsOld) {
  Rig rig("");
  rig.bring(4, Pr);
  std::atomic_ref(rig->states()[4]).fetch_or(state::old_bit);
  EXPECT_EQ(rig.access(4), CMMA_DONE);
  EXPECT_EQ(rig.byte(4), state::byte_of(Pr));
}

// Each pair, each ORC, both change bits: the host against the table.
TEST(HostEssa, EveryStateAndRequest) {
  for (const Pair from : state::all_pairs) {
    for (unsigned orc = 0; orc < state::orc_count; ++orc) {
      for (const bool changed : {false, true}) {
        SCOPED_TRACE(std::string{state::pair_name(state::byte_of(from))} + " ORC " + std::to_string(orc) +
                     (changed ? " changed" : " clean"));
        Rig rig("");
        rig.bring(9, from, 0x33);
        rig.machine.set_changed(9, changed);
        const state::Byte before = rig.byte(9);
        const auto expected = state::apply_orc(before, orc, changed, {});
        EXPECT_EQ(rig.essa(9, orc), expected->r1);
        EXPECT_EQ(rig.byte(9), expected->next);
        rig->check_invariants();
        if (state::is_resident(rig.byte(9))) {
          const bool had_content = state::content_of(before) != state::Content::zero;
          EXPECT_EQ(rig.at(9)[100], had_content ? 0x33 : 0);
        }
        EXPECT_EQ(rig.fake->present(9), state::is_resident(rig.byte(9)));
        if (expected->effect == state::Effect::drop_copy) {
          EXPECT_FALSE(rig.machine.is_changed(9)) << "a discard resets the change bit";
        }
      }
    }
  }
}

TEST(HostEssa, WithATraceItIsTheSame) {
  const std::string path = testing::TempDir() + "host_essa.trc";
  Rig rig("trace=" + path);
  rig.bring(9, Vr);
  EXPECT_EQ(rig.essa(9, 6), 0x0cu);
  EXPECT_EQ(rig.pair(9), Sr);
  rig->write_reports();
  auto reader = record::TraceReader::open(path);
  ASSERT_TRUE(reader);
  std::vector<record::Event> events;
  while (const auto event = *reader->next()) events.push_back(*event);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].kind, record::EventKind::zero_frame);
  EXPECT_EQ(events[2], (record::Event{.kind = record::EventKind::essa,
                                      .detail = 6,
                                      .old_state = 0x0c,
                                      .new_state = 0x00,
                                      .cpu = 0,
                                      .block = 9,
                                      .instructions = 100}));
}

TEST(HostEssa, LowBitsOfTheAddressAreIgnored) {
  Rig rig("");
  std::uint64_t r1 = 0;
  EXPECT_EQ(rig->essa(0, 7 * block_size + 0xabc, 3, r1), CMMA_DONE);
  EXPECT_EQ(rig.pair(7), Vz);
}

TEST(HostEssa, ExceptionsAndTheirOrder) {
  Rig rig("nodat=off");
  std::uint64_t r1 = 0x1234;
  EXPECT_EQ(rig->essa(0, 64 * block_size, 0, r1), CMMA_ADDRESSING);
  EXPECT_EQ(rig->essa(0, 64 * block_size, 8, r1), CMMA_SPECIFICATION) << "A5: before addressing";
  EXPECT_EQ(rig->essa(0, 0, 15, r1), CMMA_SPECIFICATION);
  EXPECT_EQ(rig->essa(0, 0, 7, r1), CMMA_SPECIFICATION) << "A19";
  EXPECT_EQ(rig->essa(0, ~std::uint64_t{0}, 1, r1), CMMA_ADDRESSING) << "A2: all 64 bits";
  EXPECT_EQ(r1, 0x1234u);
  EXPECT_EQ(rig->counters().get(record::Counter::essa_refused), 5u);
}

TEST(HostEssa, NoDatIsReportedAndCleared) {
  Rig rig("");
  EXPECT_EQ(rig.essa(1, 7), 0x03u);
  EXPECT_EQ(rig.essa(1, 0), 0x23u);
  EXPECT_EQ(rig.essa(1, 5), 0x23u);
  EXPECT_EQ(rig.byte(1), 0x20);
  EXPECT_EQ(rig.essa(1, 1), 0x20u);
  EXPECT_EQ(rig.byte(1), 0x00);
}

TEST(HostEssa, MakeResidentFindsAFrame) {
  Rig rig("frames=64K", 64);
  for (std::uint64_t block = 0; block < 64; ++block) {
    rig.essa(block, 5);
    EXPECT_EQ(rig.pair(block), Sr);
    std::memset(rig.at(block), static_cast<int>(block), block_size);
    rig->check_invariants();
  }
  for (std::uint64_t block = 0; block < 64; ++block) {
    rig.essa(block, 5);
    EXPECT_EQ(rig.at(block)[4095], block);
  }
}

TEST(HostReset, KeepsContentUnlessItClears) {
  Rig rig("");
  std::uint64_t block = 0;
  for (const Pair pair : state::all_pairs) rig.bring(block++, pair, 0x66);
  rig.essa(0, 7);
  rig->reset(false);
  rig->check_invariants();
  EXPECT_EQ(rig.byte(0), state::byte_of(Sr)) << "no-DAT off";
  EXPECT_EQ(rig.at(0)[0], 0x66);
  for (block = 0; block < state::pair_count; ++block) {
    EXPECT_EQ(state::usage_of(rig.byte(block)), state::Usage::stable);
    EXPECT_EQ(rig.byte(block) & ~state::content_mask, 0);
  }
  rig->reset(true);
  rig->check_invariants();
  EXPECT_EQ(rig->frames().used(), 0u);
  EXPECT_EQ(rig->slots_in_use(), 0u);
  for (block = 0; block < state::pair_count; ++block) EXPECT_EQ(rig.byte(block), state::byte_of(Sz));
}

TEST(HostRelease, GivesBlocksBack) {
  Rig rig("");
  for (std::uint64_t block = 0; block < state::pair_count; ++block) rig.bring(block, state::all_pairs[block]);
  EXPECT_EQ(rig->release(0, 0, state::pair_count - 1), CMMA_DONE);
  rig->check_invariants();
  EXPECT_EQ(rig->frames().used(), 0u);
  EXPECT_EQ(rig->slots_in_use(), 0u);
  for (std::uint64_t block = 0; block < state::pair_count; ++block) {
    EXPECT_EQ(rig.byte(block), state::byte_of(Sz));
    EXPECT_EQ(rig.access(block), CMMA_DONE);
    EXPECT_EQ(rig.at(block)[0], 0);
  }
}

TEST(HostRelease, OutsideMainStorageDoesNothing) {
  Rig rig("");
  rig.store(63, 1);
  EXPECT_EQ(rig->release(0, 63, 64), CMMA_ADDRESSING);
  EXPECT_EQ(rig->release(0, 5, 4), CMMA_ADDRESSING);
  EXPECT_EQ(rig.pair(63), Sr);
}

TEST(HostRelease, APrefixAreaIsClearedInPlace) {
  Rig rig("");
  rig.store(0, 9);
  rig.machine.set_exempt(0);
  EXPECT_EQ(rig->release(0, 0, 0), CMMA_DONE);
  EXPECT_EQ(rig.pair(0), Sr);
  EXPECT_EQ(rig.at(0)[17], 0);
  rig->check_invariants();
}

}  // namespace
}  // namespace cmma::test
