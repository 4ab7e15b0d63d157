// Single actions of the race engine: each in a state that allows it and in one that does not; and looking at
// storage without a change.
#include <gtest/gtest.h>

#include <array>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using state::HostAction;
using state::Pair;

struct Case {
  Pair from;
  HostAction action;
  std::string_view obstacle;  // empty: it is done
  Pair to;
};

class HostAct : public testing::TestWithParam<Case> {};

TEST_P(HostAct, IsDoneOrSaysWhyNot) {
  Rig rig("seed=1");
  rig.bring(7, GetParam().from);
  const auto acted = rig->act(GetParam().action, 7);
  EXPECT_EQ(acted.obstacle.value_or(""), GetParam().obstacle);
  EXPECT_EQ(state::pair_of(acted.before), GetParam().from);
  EXPECT_EQ(state::pair_of(acted.after), GetParam().to);
  EXPECT_EQ(rig.pair(7), GetParam().to);
  rig->check_invariants();
}

INSTANTIATE_TEST_SUITE_P(
    All, HostAct,
    testing::Values(Case{Pair::Vr, HostAction::discard, "", Pair::Vz},
                    Case{Pair::Sr, HostAction::discard, "the content must be kept", Pair::Sr},
                    Case{Pair::Ur, HostAction::discard, "the block is unused: it can be dropped", Pair::Ur},
                    Case{Pair::Vz, HostAction::discard, "the block has no frame", Pair::Vz},
                    Case{Pair::Ur, HostAction::drop, "", Pair::Uz},
                    Case{Pair::Vr, HostAction::drop, "the block is not unused", Pair::Vr},
                    Case{Pair::Sr, HostAction::page_out, "", Pair::Sp},
                    Case{Pair::Vr, HostAction::page_out, "the content need not be kept", Pair::Vr},
                    Case{Pair::Sp, HostAction::page_in, "", Pair::Sr},
                    Case{Pair::Sr, HostAction::page_in, "the block is resident", Pair::Sr},
                    Case{Pair::Vz, HostAction::page_in, "the block has no content", Pair::Vz}));

TEST(HostActOutside, IsRefused) {
  Rig rig("seed=1", 8);
  EXPECT_EQ(rig->act(HostAction::discard, 8).obstacle.value_or(""), "the block is outside main storage");
}

TEST(HostPeek, ReadsWithoutAChange) {
  Rig rig("seed=1", 8);
  rig.bring(1, Pair::Sp, 0x11);
  rig.bring(2, Pair::Sr, 0x22);
  rig.bring(4, Pair::Vz);
  std::array<std::uint8_t, 4> bytes{};
  EXPECT_TRUE(rig->peek(2 * block_size - 2, bytes));
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{0x11, 0x11, 0x22, 0x22}));
  EXPECT_EQ(rig.pair(1), Pair::Sp);
  EXPECT_TRUE(rig->peek(3 * block_size, bytes));
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{}));
  EXPECT_EQ(rig.pair(3), Pair::Sz);
  EXPECT_FALSE(rig->peek(4 * block_size, bytes)) << "a discarded block has no content";
  EXPECT_FALSE(rig->peek(8 * block_size - 2, bytes)) << "beyond main storage";
  EXPECT_FALSE(rig->peek(~std::uint64_t{0}, bytes));
  EXPECT_TRUE(rig->peek(8 * block_size - 4, bytes));
}

}  // namespace
}  // namespace cmma::test
