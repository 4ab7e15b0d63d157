// ESSA on every state with every request, against expectations written down independently of the table.
#include <gtest/gtest.h>

#include <sstream>

#include "state/transitions.hpp"

namespace cmma::state {
namespace {

Byte byte_at(std::string_view text) { return parse(text).value(); }

EssaOutcome outcome_of(Byte byte, unsigned orc, bool changed, const Reading& reading = {}) {
  const auto outcome = apply_orc(byte, orc, changed, reading);
  EXPECT_TRUE(outcome.has_value());
  return outcome.value_or(EssaOutcome{});
}

// One line a state: the next states for ORC 0..7 of a clean block. ! the copy is dropped, < paged in,
// 0 a zero frame.
constexpr const char* expected_clean =
    "Sr  Sr Sr Ur  Vr  Pr  Sr  Sr Sr\n"
    "Sp  Sp Sp Uz! Vz! Vz! Sr< Sp Sp\n"
    "Sz  Sz Sz Uz  Vz  Vz  Sr0 Sz Sz\n"
    "Ur  Ur Sr Ur  Vr  Pr  Sr  Sr Sr\n"
    "Uz  Uz Sz Uz  Vz  Vz  Sr0 Uz Sz\n"
    "Vr  Vr Sr Ur  Vr  Pr  Sr  Sr Sr\n"
    "Vz  Vz Sz Uz  Vz  Vz  Sr0 Vz Sz\n"
    "Pr  Pr Sr Ur  Vr  Pr  Sr  Sr Sr\n";

Effect effect_of(const std::string& word) {
  if (word.size() == 2) return Effect::none;
  switch (word.at(2)) {
    case '!':
      return Effect::drop_copy;
    case '<':
      return Effect::page_in;
    default:
      return Effect::zero_frame;
  }
}

TEST(EssaRules, EveryStateAndRequest) {
  std::istringstream lines(expected_clean);
  std::string from;
  int cells = 0;
  while (lines >> from) {
    for (unsigned orc = 0; orc < orc_count; ++orc, ++cells) {
      std::string word;
      lines >> word;
      const Byte next = byte_at(word.substr(0, 2));
      for (const bool changed : {false, true}) {
        SCOPED_TRACE(from + " ORC " + std::to_string(orc) + (changed ? " changed" : " clean"));
        const bool kept_by_change = from == "Sp" && orc == 4 && changed;
        const EssaOutcome outcome = outcome_of(byte_at(from), orc, changed, {.unused_is_exception = false});
        EXPECT_EQ(pair_name(outcome.next), pair_name(kept_by_change ? byte_at("Sp") : next));
        EXPECT_EQ(outcome.effect, kept_by_change ? Effect::none : effect_of(word));
        EXPECT_EQ(outcome.r1, byte_at(from));
        EXPECT_EQ((outcome.next & nodat_bit) != 0, orc == 7);
        EXPECT_EQ(needs_change_bit(byte_at(from), orc), from == "Sp" && orc == 4);
      }
    }
  }
  EXPECT_EQ(cells, 64);
}

TEST(EssaRules, UndefinedRequestsAreRefused) {
  for (const Pair pair : all_pairs) {
    for (unsigned orc = 8; orc < 16; ++orc) {
      EXPECT_EQ(apply_orc(byte_of(pair), orc, false, {}).error(), Refusal::specification);  // A5
      EXPECT_FALSE(needs_change_bit(byte_of(pair), orc));
    }
    EXPECT_EQ(apply_orc(byte_of(pair), 7, false, {.nodat = false}).error(), Refusal::specification);  // A19
    EXPECT_TRUE(apply_orc(byte_of(pair), 6, false, {.nodat = false}).has_value());
  }
}

// A11: ORC 1 clears the mark, ORC 7 sets it, the others keep it; R1 has it as it was before.
TEST(EssaRules, NoDatMark) {
  for (const Pair pair : all_pairs) {
    const auto marked = static_cast<Byte>(byte_of(pair) | nodat_bit);
    for (unsigned orc = 0; orc < orc_count; ++orc) {
      const EssaOutcome outcome = outcome_of(marked, orc, false);
      EXPECT_EQ((outcome.next & nodat_bit) != 0, orc != 1);
      EXPECT_EQ(outcome.r1, marked);
    }
  }
}

// I5, and the host's own bits: nothing of them is seen by the guest, OLD is never touched.
TEST(EssaRules, HostBits) {
  for (const Pair pair : all_pairs) {
    for (const Byte host_bits : {Byte{0}, old_bit}) {
      for (unsigned orc = 0; orc < orc_count; ++orc) {
        for (const bool exception : {false, true}) {
          const Reading reading{.unused_is_exception = exception};
          const Byte byte = with_guard(static_cast<Byte>(byte_of(pair) | host_bits), reading);
          const EssaOutcome outcome = outcome_of(byte, orc, true, reading);
          EXPECT_EQ(outcome.next & old_bit, host_bits);
          EXPECT_EQ((outcome.next & guarded_bit) != 0,
                    exception && usage_of(outcome.next) == Usage::unused);  // T2
          EXPECT_EQ(outcome.r1 & ~essa_mask, 0);
          EXPECT_TRUE(is_valid_pair(outcome.next));  // I6
          if (orc == 0) {
            EXPECT_EQ(outcome.next, byte);  // I5
          }
        }
      }
    }
  }
}

// I1: a stable block with content keeps it whatever is requested, unless the guest gives the content up.
TEST(EssaRules, NoRequestThatSetsStableLosesContent) {
  for (const Pair pair : {Pair::Sr, Pair::Sp, Pair::Ur, Pair::Vr, Pair::Pr}) {
    for (const unsigned orc : {0U, 1U, 5U, 6U, 7U}) {
      const EssaOutcome outcome = outcome_of(byte_of(pair), orc, false);
      EXPECT_NE(content_of(outcome.next), Content::zero);
      EXPECT_NE(outcome.effect, Effect::drop_copy);
    }
  }
}

// I4: ORC 6 that does not report Vz has made the block stable, for all but the unused.
TEST(EssaRules, StableIfResidentTellsTheTruth) {
  for (const Pair pair : all_pairs) {
    const EssaOutcome outcome = outcome_of(byte_of(pair), 6, false);
    if (pair == Pair::Vz) {
      EXPECT_EQ(pair_of(outcome.next), Pair::Vz);
    } else if (pair != Pair::Uz) {
      EXPECT_EQ(usage_of(outcome.next), Usage::stable);
      EXPECT_EQ(content_of(outcome.next), content_of(byte_of(pair)));
    }
  }
}

TEST(EssaRules, OtherReadingOfOrc6) {
  const Reading reading{.orc6_stabilises_uz = true};  // A9
  EXPECT_EQ(pair_of(outcome_of(byte_at("Uzg"), 6, false, reading).next), Pair::Sz);
  EXPECT_EQ(outcome_of(byte_at("Uzg"), 6, false, reading).next & guarded_bit, 0);
  EXPECT_EQ(outcome_of(byte_at("Vz"), 6, false, reading).next, byte_at("Vz"));
  EXPECT_EQ(outcome_of(byte_at("Sp"), 6, false, reading).next, byte_at("Sp"));
}

TEST(EssaRulesDeathTest, AnInvalidPairEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)apply_orc(0x06, 1, false, {}), "T1");
  EXPECT_DEATH((void)cpu_access(0x0b, {}), "T1");
  EXPECT_DEATH((void)evict(0x0a, false), "T1");
}

}  // namespace
}  // namespace cmma::state
