// The audit: at a discard, the guest's own record of the block.
#include <gtest/gtest.h>

#include "host/audit.hpp"
#include "host_rig.hpp"

namespace cmma::test {
namespace {

using enum state::Pair;
using record::Counter;

// Records of 16 bytes for blocks 0x10 to 0x1f, in block 3. Rules: bit 4 of the first word; bit 8 without
// bit 9.
class HostAudit : public testing::Test {
 protected:
  HostAudit() {
    rig.store(3, 0);
    for (const char* line : {"audit records 10", "audit map 10 10 3000", "audit never locked 0 10 10",
                             "audit never lonely 0 100 100 8 200 0"}) {
      EXPECT_TRUE(rig->command(line).done) << line;
    }
  }

  void record(std::uint64_t block, unsigned word, std::uint64_t value) {
    std::uint8_t* at = rig.at(3) + (block - 0x10) * 16 + word * std::size_t{8};
    for (int i = 7; i >= 0; --i, value >>= 8) at[i] = static_cast<std::uint8_t>(value);
  }

  void discard(std::uint64_t block) {
    rig.bring(block, Vr);
    ASSERT_TRUE(rig.command("discard", block));
  }

  std::uint64_t audited() { return rig->counters().get(Counter::audited); }
  std::uint64_t violations() { return rig->counters().get(Counter::audit_violations); }

  Rig rig{"policy=clock"};
};

TEST_F(HostAudit, ARecordThatSaysNothingIsGood) {
  record(0x10, 0, ~std::uint64_t{0x110});
  discard(0x10);
  discard(0x1f);
  EXPECT_EQ(audited(), 2);
  EXPECT_EQ(violations(), 0);
  EXPECT_TRUE(rig.machine.messages.empty());
}

TEST_F(HostAudit, ABrokenRuleIsCountedAndNamed) {
  record(0x12, 0, 0x10);
  discard(0x12);
  EXPECT_EQ(violations(), 1);
  ASSERT_EQ(rig.machine.messages.size(), 1);
  EXPECT_EQ(rig.machine.messages[0],
            "audit: block 0x12000 is discarded, and the guest's record of it says: locked (record 10 0)");
}

TEST_F(HostAudit, ARuleIsBrokenIfAllOfItsTermsHold) {
  record(0x13, 0, 0x100);
  record(0x13, 1, 0x200);
  discard(0x13);
  EXPECT_EQ(violations(), 0);
  record(0x14, 0, 0x100);
  discard(0x14);
  EXPECT_EQ(violations(), 1);
}

TEST_F(HostAudit, ATermMayWantAnyOtherValue) {
  ASSERT_TRUE(rig->command("audit never used 0 1000 1000 8 ff !0").done);
  record(0x13, 0, 0x1000);
  record(0x13, 1, 0xff00);
  discard(0x13);
  EXPECT_EQ(violations(), 0);
  record(0x14, 0, 0x1000);
  record(0x14, 1, 0xff01);
  discard(0x14);
  EXPECT_EQ(violations(), 1);
}

TEST_F(HostAudit, RecordsMayBePagedOut) {
  record(0x15, 0, 0x10);
  ASSERT_TRUE(rig.command("pageout", 3));
  discard(0x15);
  EXPECT_EQ(violations(), 1);
  EXPECT_EQ(rig.pair(3), Sp) << "looking changes nothing";
  rig->check_invariants();
}

TEST_F(HostAudit, OnlyDiscardsOfBlocksWithARecord) {
  record(0x16, 0, 0x10);
  rig.bring(0x16, Ur);
  ASSERT_TRUE(rig.command("evict", 0x16));  // a drop
  rig.bring(0x17, Sr);
  record(0x17, 0, 0x10);
  ASSERT_TRUE(rig.command("pageout", 0x17));
  discard(0x20);
  EXPECT_EQ(audited(), 0);
}

TEST_F(HostAudit, PotentiallyVolatileBlocksAreLookedAtToo) {
  record(0x18, 0, 0x10);
  rig.bring(0x18, Pr);
  rig.machine.set_changed(0x18, false);
  ASSERT_TRUE(rig.command("discard", 0x18));
  EXPECT_EQ(violations(), 1);
}

TEST(HostAuditCommand, MalformedOnesAreRefused) {
  Rig rig("");
  EXPECT_FALSE(rig->command("audit map 10 10 3000").done) << "before the size of a record";
  EXPECT_FALSE(rig->command("audit never x 0 1 1").done) << "before the size of a record";
  ASSERT_TRUE(rig->command("audit records 40").done);
  for (const char* line : {"audit",
                           "audit records",
                           "audit records 0",
                           "audit records 44",
                           "audit records 2000",
                           "audit map",
                           "audit map 0 0 0",
                           "audit map 0 41 0",
                           "audit map 40 1 0",
                           "audit map 0 1 40000",
                           "audit map 0 20 3f900",
                           "audit map 0 1 4",
                           "audit map 0 1 x",
                           "audit never",
                           "audit never x",
                           "audit never x 0 1",
                           "audit never x 40 1 1",
                           "audit never x 3c 1 1",
                           "audit never x 0 1 !",
                           "audit never x 0 !1 1",
                           "audit sometimes x 0 1 1"}) {
    EXPECT_FALSE(rig->command(line).done) << line;
  }
  EXPECT_TRUE(rig->command("audit map 10 8 1000").done);
  EXPECT_FALSE(rig->command("audit map 17 1 2000").done) << "has a record already";
  EXPECT_FALSE(rig->command("audit map 8 9 2000").done) << "has a record already";
  EXPECT_TRUE(rig->command("audit map 18 1 2000").done);
  EXPECT_TRUE(rig->command("audit map 8 8 2000").done);
}

}  // namespace
}  // namespace cmma::test
