// The invariants that are looked at with each event: a good history breaks none, and each kind of mistake is
// named.
#include "host/invariants.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "cmma/cmma.h"
#include "host_rig.hpp"
#include "state/block_state.hpp"

namespace cmma::host {
namespace {

using record::EventKind;
using state::Byte;

class Watched : public testing::Test {
 protected:
  using Content = std::array<std::uint8_t, CMMA_BLOCK_SIZE>;

  // One event of block 5, from one state to another.
  void see(EventKind kind, const char* from, const char* to, const Content& content, unsigned detail = 0) {
    const Byte next = *state::parse(to);
    invariants.see({.kind = kind,
                    .block = 5,
                    .from = *state::parse(from),
                    .to = next,
                    .detail = detail,
                    .content = content,
                    .on_store = copy || state::content_of(next) == state::Content::preserved,
                    .reading = {.unused_is_exception = false}});
  }
  void essa(unsigned orc, const char* from, const char* to, const Content& content) {
    see(EventKind::essa, from, to, content, orc);
  }
  [[nodiscard]] std::string rule() const {
    return invariants.broken() ? invariants.broken()->rule.substr(0, 2) : "";
  }

  Invariants invariants{16};
  bool copy = false;
  const Content zero{};
  const Content one{1, 2, 3};
  const Content other{1, 2, 4};
};

TEST_F(Watched, AGoodHistoryBreaksNone) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  essa(0, "Sr", "Sr", one);
  essa(4, "Sr", "Pr", one);
  essa(0, "Pr", "Pr", one);
  see(EventKind::discard, "Pr", "Vz", one);
  invariants.see_essa(5, 6, *state::parse("Vz"));
  see(EventKind::discard_fault, "Vz", "Vz", zero);
  essa(1, "Vz", "Sz", zero);
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  see(EventKind::page_out, "Sr", "Sp", other);
  see(EventKind::page_in, "Sp", "Sr", other);
  essa(3, "Sr", "Vr", other);
  essa(6, "Vr", "Sr", other);
  invariants.see_essa(5, 6, *state::parse("Sr"));
  EXPECT_EQ(rule(), "");
}

TEST_F(Watched, AnInstructionThatGivesAFrameFirstIsToldOfTwice) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  essa(5, "Sz", "Sr", zero);
  EXPECT_EQ(rule(), "");
}

TEST_F(Watched, StableContentIsThrownAway) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  see(EventKind::discard, "Sr", "Sz", one);
  EXPECT_EQ(rule(), "I1");
}

TEST_F(Watched, AnotherContentComesBack) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  see(EventKind::page_out, "Sr", "Sp", one);
  see(EventKind::page_in, "Sp", "Sr", other);
  EXPECT_EQ(rule(), "I1");
  EXPECT_EQ(invariants.broken()->block, 5u);
}

TEST_F(Watched, ANewFrameIsNotZero) {
  see(EventKind::zero_frame, "Sz", "Sr", one);
  EXPECT_EQ(rule(), "I2");
}

TEST_F(Watched, ADiscardedBlockIsReadWithoutAFault) {
  essa(3, "Sz", "Vz", zero);
  see(EventKind::stray, "Vz", "Vz", zero);
  EXPECT_EQ(rule(), "I2");
}

TEST_F(Watched, ADiscardedBlockGetsAFrame) {
  essa(3, "Sz", "Vz", zero);
  see(EventKind::zero_frame, "Vz", "Vr", zero);
  EXPECT_EQ(rule(), "I2");
}

TEST_F(Watched, AWriteIsLost) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  essa(4, "Sr", "Pr", one);
  essa(4, "Pr", "Pr", other);  // does not make it clean
  see(EventKind::discard, "Pr", "Vz", other);
  EXPECT_EQ(rule(), "I3");
}

TEST_F(Watched, AfterTheKeyIsSetTheContentIsClean) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  essa(4, "Sr", "Pr", one);
  invariants.see_key(7, [&](std::uint64_t) { return std::span<const std::uint8_t>(other); });
  see(EventKind::discard, "Pr", "Vz", other);
  EXPECT_EQ(rule(), "");
}

TEST_F(Watched, Orc6LeavesTheBlockVolatile) {
  for (const char* good : {"Sr", "Sz", "Vz", "Uz"}) invariants.see_essa(5, 6, *state::parse(good));
  for (unsigned orc = 0; orc < 6; ++orc) invariants.see_essa(5, orc, *state::parse("Vr"));
  EXPECT_EQ(rule(), "");
  invariants.see_essa(5, 6, *state::parse("Vr"));
  EXPECT_EQ(rule(), "I4");
}

TEST_F(Watched, Orc0ChangesAState) {
  essa(0, "Sz", "Vz", zero);
  EXPECT_EQ(rule(), "I5");
}

TEST_F(Watched, AStateChangesWithoutAnEvent) {
  essa(1, "Vz", "Sz", zero);
  EXPECT_EQ(rule(), "") << "it is what it was";
  see(EventKind::page_in, "Vz", "Uz", zero);
  EXPECT_EQ(rule(), "I5");
}

TEST_F(Watched, AFaultForABlockThatIsThere) {
  see(EventKind::zero_frame, "Sz", "Sr", zero);
  see(EventKind::discard_fault, "Sr", "Sr", zero);
  EXPECT_EQ(rule(), "I7");
}

TEST_F(Watched, APairThatThereIsNot) {
  invariants.see({.kind = EventKind::essa,
                  .block = 1,
                  .from = 3,
                  .to = 0x0b,
                  .detail = 4,
                  .content = {},
                  .on_store = false,
                  .reading = {}});
  EXPECT_EQ(rule(), "I6");
}

TEST_F(Watched, ACopyIsMissingOrLeft) {
  copy = true;
  essa(3, "Sz", "Vz", zero);
  EXPECT_EQ(rule(), "H2");
}

TEST_F(Watched, TheFirstOneIsKept) {
  see(EventKind::zero_frame, "Sz", "Sr", one);
  see(EventKind::discard_fault, "Sr", "Sr", zero);
  EXPECT_EQ(rule(), "I2");
}

// A machine that says of a written block that it is unchanged.
TEST(WatchedHost, SeesThatAWriteIsLost) {
  test::Rig rig("policy=none,strays=in-place,invariants=on");
  rig.store(5, 1);
  rig.essa(5, 4);
  rig.at(5)[0] = 2;
  rig.machine.set_changed(5, false);
  EXPECT_FALSE(rig->broken());
  EXPECT_FALSE(rig->act(state::HostAction::discard, 5).obstacle);
  ASSERT_TRUE(rig->broken());
  EXPECT_EQ(rig->broken()->rule, "I3: a completed write to a potentially volatile block is lost");
  EXPECT_EQ(rig->broken()->block, 5u);
}

TEST(WatchedHost, IsToldOfAnInstructionThatCannotBeRepeated) {
  test::Rig rig("policy=none,strays=in-place,invariants=on");
  rig->see_not_nullified(5, 0x1000100, "a general register");
  ASSERT_TRUE(rig->broken());
  EXPECT_EQ(rig->broken()->rule, "I8: an instruction that got a discard fault cannot be repeated");
  EXPECT_EQ(rig->broken()->detail, "the instruction at 0x1000100 has changed a general register");
}

TEST(WatchedHost, LooksAtNothingIfItIsNotAsked) {
  test::Rig rig("policy=none,strays=in-place");
  rig.store(5, 1);
  rig.essa(5, 4);
  rig.at(5)[0] = 2;
  rig.machine.set_changed(5, false);
  EXPECT_FALSE(rig->act(state::HostAction::discard, 5).obstacle);
  rig->see_essa(5, 6);
  rig->see_not_nullified(5, 0x1000100, "a general register");
  EXPECT_FALSE(rig->broken());
}

TEST(WatchedHost, LooksAtAllInTheEnd) {
  test::Rig rig("policy=none");
  rig.store(5, 1);
  EXPECT_FALSE(rig->look_at_all());
  rig->states()[5] = state::byte_of(state::Pair::Sz);
  ASSERT_TRUE(rig->look_at_all());
  EXPECT_EQ(rig->look_at_all()->rule.substr(0, 2), "H1");
  rig->states()[5] = state::byte_of(state::Pair::Sr);
}

TEST(WatchedHost, NeedsOneThread) {
  EXPECT_FALSE(parse_options("invariants=on"));
  EXPECT_TRUE(parse_options("strays=in-place,invariants=on"));
}

}  // namespace
}  // namespace cmma::host
