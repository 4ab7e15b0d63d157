// Copies for channel programs and the service processor (A15, M3).
#include <gtest/gtest.h>

#include <numeric>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using record::Counter;
using enum state::Pair;

std::vector<std::uint8_t> pattern(std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

TEST(HostChannel, CopiesAcrossBlocksInAnyStableState) {
  Rig rig("");
  rig.bring(1, Sr);
  rig.bring(2, Sp);
  rig.bring(3, Sz);
  const auto data = pattern(3 * block_size - 100);
  std::size_t done = 0;
  EXPECT_EQ(rig->write(block_size + 50, data, done), CMMA_DONE);
  EXPECT_EQ(done, data.size());
  std::vector<std::uint8_t> back(data.size());
  EXPECT_EQ(rig->read(block_size + 50, back, done), CMMA_DONE);
  EXPECT_EQ(back, data);
  EXPECT_EQ(rig.at(2)[0], data[block_size - 50]);
  EXPECT_EQ(rig.at(1)[49], 0x5a) << "what is beside the range stays";
  EXPECT_EQ(rig.at(3)[4095], 0);
  rig->check_invariants();
}

TEST(HostChannel, StopsBeforeABlockThatMayNotBeUsed) {
  Rig rig("");
  rig.bring(1, Sr, 0x10);
  rig.bring(2, Vz);
  rig.bring(3, Ur);
  rig.bring(4, Uz);
  std::vector<std::uint8_t> buffer(2 * block_size, 0xee);
  std::size_t done = 0;
  EXPECT_EQ(rig->read(block_size, buffer, done), CMMA_DISCARDED);
  EXPECT_EQ(done, block_size);
  EXPECT_EQ(buffer[block_size - 1], 0x10);
  EXPECT_EQ(buffer[block_size], 0xee);
  EXPECT_EQ(rig->write(2 * block_size, buffer, done), CMMA_DISCARDED);
  EXPECT_EQ(done, 0u);
  EXPECT_EQ(rig->write(3 * block_size, buffer, done), CMMA_UNUSED);
  EXPECT_EQ(rig->read(4 * block_size, buffer, done), CMMA_UNUSED);
  EXPECT_EQ(rig->counters().get(Counter::channel_refusals), 4u);
  EXPECT_EQ(rig.pair(2), Vz);
  EXPECT_EQ(rig.pair(3), Ur);
  EXPECT_EQ(rig.pair(4), Uz);
}

TEST(HostChannel, VolatileBlocksAreUsedAsTheyAre) {
  Rig rig("");
  rig.bring(1, Vr, 0x20);
  std::vector<std::uint8_t> buffer(16);
  std::size_t done = 0;
  EXPECT_EQ(rig->read(block_size, buffer, done), CMMA_DONE);
  EXPECT_EQ(buffer[0], 0x20);
  EXPECT_EQ(rig.pair(1), Vr);
}

TEST(HostChannel, ByOptionEveryBlockIsServedAndCounted) {
  Rig rig("channel=zero");
  rig.bring(1, Vz);
  rig.bring(2, Uz);
  std::vector<std::uint8_t> buffer(2 * block_size, 0xee);
  std::size_t done = 0;
  EXPECT_EQ(rig->read(block_size, buffer, done), CMMA_DONE);
  EXPECT_EQ(buffer, std::vector<std::uint8_t>(2 * block_size, 0));
  EXPECT_EQ(rig.pair(1), Sr);
  EXPECT_EQ(rig.pair(2), Sr);
  EXPECT_EQ(rig->counters().get(Counter::channel_served), 2u);
  rig.bring(3, Vz);
  EXPECT_EQ(rig->write(3 * block_size + 8, pattern(8), done), CMMA_DONE);
  EXPECT_EQ(rig.pair(3), Sr);
  EXPECT_EQ(rig.at(3)[8], 1);
  EXPECT_EQ(rig.at(3)[0], 0);
  rig->check_invariants();
}

TEST(HostChannel, Bounds) {
  Rig rig("");
  std::vector<std::uint8_t> buffer(block_size);
  std::size_t done = 9;
  EXPECT_EQ(rig->read(64 * block_size, buffer, done), CMMA_ADDRESSING);
  EXPECT_EQ(done, 0u);
  EXPECT_EQ(rig->read(63 * block_size + 1, buffer, done), CMMA_ADDRESSING);
  EXPECT_EQ(rig->write(~std::uint64_t{0}, buffer, done), CMMA_ADDRESSING);
  EXPECT_EQ(rig->read(64 * block_size, {}, done), CMMA_DONE) << "nothing to copy";
}

TEST(HostChannel, MakesRoomForMoreThanThereAreFrames) {
  Rig rig("frames=64K", 64);
  const auto data = pattern(64 * block_size);
  std::size_t done = 0;
  EXPECT_EQ(rig->write(0, data, done), CMMA_DONE);
  std::vector<std::uint8_t> back(data.size());
  EXPECT_EQ(rig->read(0, back, done), CMMA_DONE);
  EXPECT_EQ(back, data);
  rig->check_invariants();
}

TEST(HostChannel, TakesVolatileBlocksWhenThereIsNothingElse) {
  Rig rig("frames=64K", 64);
  std::uint64_t block = 0;
  while (rig->frames().free() > 0) rig.bring(block++, Vr);
  std::size_t done = 0;
  EXPECT_EQ(rig->write(block * block_size, pattern(8), done), CMMA_DONE);
  EXPECT_GT(rig->counters().get(Counter::discards_volatile), 0u);
}

TEST(HostChannel, ClearsOld) {
  Rig rig("");
  rig.store(1, 1);
  std::atomic_ref(rig->states()[1]).fetch_or(state::old_bit);
  std::size_t done = 0;
  EXPECT_EQ(rig->write(block_size, pattern(8), done), CMMA_DONE);
  EXPECT_EQ(rig.byte(1), state::byte_of(Sr));
}

}  // namespace
}  // namespace cmma::test
