// Faults of the paging store and of memory: the machine is stopped with one line, nothing is lost, and no
// wrong data is handed out.
#include <gtest/gtest.h>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using enum state::Pair;

std::string the_failure(Rig& rig) {
  EXPECT_EQ(rig.machine.failures.size(), 1u);
  return rig.machine.failures.empty() ? "" : rig.machine.failures.front();
}

TEST(HostFailure, AFullDiskLeavesTheBlockWhereItIs) {
  Rig rig("frames=64K,store=disk.cmma", 64);
  rig.bring(0, Sp, 0x70);
  rig.outside.writes_until_error = 0;
  rig.outside.error = ENOSPC;
  std::uint64_t block = 1;
  cmma_result result = CMMA_DONE;
  for (; result == CMMA_DONE; ++block) {
    result = rig.access(block);
    if (result == CMMA_DONE) std::memset(rig.at(block), static_cast<int>(block), block_size);
    if (rig->reclaim_wanted()) rig->reclaim(0);
  }
  EXPECT_EQ(result, CMMA_FAILED);
  const std::string line = the_failure(rig);
  EXPECT_NE(line.find("disk.cmma"), std::string::npos) << line;
  EXPECT_NE(line.find("block 0x"), std::string::npos) << line;
  EXPECT_NE(line.find("No space left"), std::string::npos) << line;
  for (std::uint64_t kept = 1; kept + 1 < block; ++kept) {
    ASSERT_EQ(rig.pair(kept), Sr);
    ASSERT_EQ(rig.at(kept)[0], kept);
  }
  EXPECT_EQ(rig.outside.file[block_size], 0x70) << "what was written is intact";
  EXPECT_GT(rig->counters().get(record::Counter::store_errors), 0u);
  rig->check_invariants();
}

TEST(HostFailure, EachWayToLoseACopyIsFoundOut) {
  const std::vector<std::function<void(Outside&)>> faults{
      [](Outside& outside) { outside.reads_until_error = 0; },
      [](Outside& outside) { outside.file.resize(3 * block_size); },
      [](Outside& outside) { outside.file[4 * block_size + 77] ^= 1; },
      [](Outside& outside) { std::fill(outside.file.begin(), outside.file.end(), std::uint8_t{0}); },
  };
  for (const auto& fault : faults) {
    Rig rig("", 64);
    rig.bring(3, Sp, 0x70);
    fault(rig.outside);
    EXPECT_EQ(rig.access(3), CMMA_FAILED);
    EXPECT_NE(the_failure(rig).find("0x3000"), std::string::npos);
    EXPECT_EQ(rig.pair(3), Sp);
    EXPECT_FALSE(rig.fake->present(3)) << "no wrong data";
    std::uint64_t r1 = 0;
    EXPECT_EQ(rig->essa(0, 3 * block_size, 5, r1), CMMA_FAILED);
    std::vector<std::uint8_t> buffer(8);
    std::size_t done = 0;
    EXPECT_EQ(rig->read(3 * block_size, buffer, done), CMMA_FAILED);
    EXPECT_EQ(rig.machine.failures.size(), 1u) << "told once";
    rig->check_invariants();
  }
}

TEST(HostFailure, NoMemoryForABlock) {
  Rig rig("", 64);
  rig.outside.places_until_error = 0;
  rig.outside.error = ENOMEM;
  EXPECT_EQ(rig.access(1), CMMA_FAILED);
  EXPECT_NE(the_failure(rig).find("Cannot allocate memory"), std::string::npos);
  EXPECT_EQ(rig->frames().used(), 0u);
  rig->check_invariants();
}

TEST(HostFailure, ShortWritesAreNotFailures) {
  Rig rig("frames=64K", 64);
  rig.outside.longest_write = 1500;
  rig.outside.longest_read = 100;
  for (int pass = 0; pass < 2; ++pass) {
    for (std::uint64_t block = 0; block < 64; ++block) {
      ASSERT_EQ(rig.access(block), CMMA_DONE);
      ASSERT_EQ(rig.at(block)[3000], pass == 0 ? 0 : block);
      std::memset(rig.at(block), static_cast<int>(block), block_size);
    }
  }
  EXPECT_TRUE(rig.machine.failures.empty());
}

TEST(HostFailure, OpenReportsWhatItCannotDo) {
  FakeMachine machine(4);
  Outside outside;
  const auto refused = [&](std::string_view options, std::uint64_t bytes) {
    return !host::Host::open(options, bytes, machine.table(), std::make_unique<FakeOs>(outside));
  };
  EXPECT_TRUE(refused("", 0));
  EXPECT_TRUE(refused("", 4097));
  EXPECT_TRUE(refused("policy=best", 16384));
  EXPECT_TRUE(refused("trace=/nowhere/at/all", 16384));
  outside.file.assign(9, 'x');
  EXPECT_TRUE(refused("store=letter", 16384));
}

TEST(HostWithoutFaults, RunsWithoutReleaseAndSaysSo) {
  Outside outside;
  outside.demand = false;
  Rig rig("frames=64K", 64, outside);
  ASSERT_EQ(rig.machine.messages.size(), 1u);
  EXPECT_NE(rig.machine.messages[0].find("no page-out"), std::string::npos);
  EXPECT_EQ(rig->frames().limit(), 64u);
  for (std::uint64_t block = 0; block < 64; ++block) rig.store(block, static_cast<std::uint8_t>(block));
  for (std::uint64_t block = 0; block < 64; ++block) ASSERT_EQ(rig.at(block)[1], block);
  EXPECT_FALSE(rig.command("pageout", 5));
  rig.essa(6, 3);
  EXPECT_TRUE(rig.command("discard", 6));
  EXPECT_EQ(rig.access(6), CMMA_DISCARDED);
  rig.essa(6, 1);
  EXPECT_EQ(rig.access(6), CMMA_DONE);
  EXPECT_EQ(rig.at(6)[0], 0);
  rig->check_invariants();
}

}  // namespace
}  // namespace cmma::test
