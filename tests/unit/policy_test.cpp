// The policies: what all of them must keep (L1..L4), and a golden table of victims for each.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "host/policy/policy.hpp"
#include "state/block_state.hpp"
#include "state/transitions.hpp"

namespace cmma::host {
namespace {

using Victims = std::vector<std::uint64_t>;

// Main storage that is nothing but its states.
class Blocks final : public BlockView {
 public:
  // States separated by blanks, as in "Sr Vro Uz".
  static std::vector<std::uint8_t> bytes_of(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      bytes.push_back(state::parse(text.substr(0, end)).value());
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return bytes;
  }

  explicit Blocks(std::vector<std::uint8_t>& bytes) : BlockView(bytes) {}

  [[nodiscard]] bool eligible(std::uint64_t block) const override { return !pinned.contains(block); }
  [[nodiscard]] bool changed(std::uint64_t block) const override { return dirty.contains(block); }

  std::set<std::uint64_t> pinned;
  std::set<std::uint64_t> dirty;
};

std::unique_ptr<Policy> policy_named(std::string_view name, std::uint64_t seed = 1) {
  auto policy = make_policy(name, seed);
  EXPECT_TRUE(policy.has_value());
  EXPECT_EQ((*policy)->name(), name);
  return std::move(*policy);
}

Victims pick(Policy& policy, Blocks& blocks, std::size_t want, Urgency urgency = Urgency::background) {
  Victims victims;
  policy.pick(blocks, want, urgency, victims);
  return victims;
}

TEST(Policies, UnknownNameIsAnErrorThatNamesTheOthers) {
  const auto policy = make_policy("lru", 1);
  ASSERT_FALSE(policy.has_value());
  EXPECT_EQ(policy.error(), "policy 'lru' is not known; there are clock, state-first, random, storm, none");
}

class EveryPolicy : public testing::TestWithParam<std::string_view> {};

// L1 and L2 on storage of every mixture, also when nothing at all can be taken.
TEST_P(EveryPolicy, PicksResidentEligibleBlocksOnce) {
  for (const std::size_t want : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{500}}) {
    const auto policy = policy_named(GetParam());
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < 300; ++i) {
      bytes.push_back(state::byte_of(state::all_pairs.at(i * i % state::pair_count)));
    }
    Blocks blocks(bytes);
    std::size_t available = 0;
    for (std::uint64_t block = 0; block < bytes.size(); ++block) {
      if (block % 5 == 0) blocks.pinned.insert(block);
      if (block % 3 == 0) blocks.dirty.insert(block);
      if (block % 5 != 0 && state::is_resident(bytes[block])) ++available;
    }
    for (int round = 0; round < 3; ++round) {
      const Victims victims = pick(*policy, blocks, want, Urgency::forced);
      EXPECT_EQ(victims.size(), std::min(want, available));
      EXPECT_EQ(std::set(victims.begin(), victims.end()).size(), victims.size());
      for (const std::uint64_t block : victims) {
        EXPECT_TRUE(state::is_resident(bytes.at(block)));
        EXPECT_TRUE(blocks.eligible(block));
      }
    }
  }
}

TEST_P(EveryPolicy, EndsWhenNothingCanBeTaken) {
  for (const char* text : {"Sp Sz Uz Vz", "Sr Ur Vr Pr"}) {
    auto bytes = Blocks::bytes_of(text);
    Blocks blocks(bytes);
    blocks.pinned = {0, 1, 2, 3};
    EXPECT_TRUE(pick(*policy_named(GetParam()), blocks, 4, Urgency::forced).empty());
  }
  std::vector<std::uint8_t> empty;
  Blocks blocks(empty);
  EXPECT_TRUE(pick(*policy_named(GetParam()), blocks, 4, Urgency::forced).empty());
}

// L3: nothing of a state byte but OLD changes.
TEST_P(EveryPolicy, ChangesOnlyOld) {
  auto bytes = Blocks::bytes_of("Sr SrN Sp Ur Urg Uz Vr Vz Pr Vro");
  const auto before = bytes;
  Blocks blocks(bytes);
  const auto policy = policy_named(GetParam());
  (void)pick(*policy, blocks, 3, Urgency::forced);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(bytes.at(i) & ~state::old_bit, before.at(i) & ~state::old_bit);
  }
}

// Victims that the caller had before are kept and do not count.
TEST_P(EveryPolicy, Appends) {
  auto bytes = Blocks::bytes_of("Sro Sro Sro Sro");
  Blocks blocks(bytes);
  Victims victims{77};
  policy_named(GetParam())->pick(blocks, 2, Urgency::forced, victims);
  EXPECT_EQ(victims.size(), 3);
  EXPECT_EQ(victims.front(), 77);
}

// L4: the same again.
TEST_P(EveryPolicy, Repeats) {
  std::vector<Victims> runs;
  for (int run = 0; run < 2; ++run) {
    auto bytes = Blocks::bytes_of("Sr Vr Pr Sro Ur Sr Sp Sr Vro Sr Pr Sr");
    Blocks blocks(bytes);
    const auto policy = policy_named(GetParam(), 42);
    Victims all;
    for (int i = 0; i < 5; ++i) policy->pick(blocks, 2, Urgency::forced, all);
    runs.push_back(all);
  }
  EXPECT_EQ(runs.at(0), runs.at(1));
}

INSTANTIATE_TEST_SUITE_P(All, EveryPolicy, testing::ValuesIn(policy_names().begin(), policy_names().end()),
                         [](const auto& test) {
                           std::string name{test.param};
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

struct Golden {
  const char* policy;
  std::vector<Victims> victims;  // of one call after the other, three blocks each, forced
};

// The table: twelve blocks, block 3 pinned, block 6 changed; between the calls the victims leave and
// block 0 is referenced, so that it is back. Those of clock and state-first are worked out by hand.
TEST(Policies, GoldenTable) {
  const Golden table[] = {
      {"clock", {{1, 2, 5}, {7, 10, 4}, {6, 8, 9}, {0}}},
      {"state-first", {{4, 10, 1}, {5, 8, 2}, {7, 6, 9}, {0}}},
      {"random", {{0, 6, 10}, {9, 5, 7}, {4, 0, 8}, {0, 1, 2}}},
      {"storm", {{1, 2, 5}, {7, 10, 4}, {6, 8, 9}, {0}}},
      {"none", {{0, 1, 2}, {4, 5, 6}, {7, 8, 9}, {10, 0}}},
  };
  for (const Golden& golden : table) {
    auto bytes = Blocks::bytes_of("Sr Vro Sro Sr Ur Pro Pr Sro Vr Sr Uro Sp");
    Blocks blocks(bytes);
    blocks.pinned = {3};
    blocks.dirty = {6};
    const auto policy = policy_named(golden.policy, 7);
    for (const Victims& expected : golden.victims) {
      const Victims victims = pick(*policy, blocks, 3, Urgency::forced);
      EXPECT_EQ(victims, expected) << golden.policy;
      for (const std::uint64_t block : victims) {
        bytes.at(block) = state::evict(bytes.at(block), blocks.changed(block)).value().next;
      }
      bytes.at(0) = state::cpu_access(bytes.at(0), {}).next;
    }
  }
}

TEST(Clock, SecondChance) {
  auto bytes = Blocks::bytes_of("Sr Sr Sr Sr");
  Blocks blocks(bytes);
  const auto clock = policy_named("clock");
  EXPECT_EQ(pick(*clock, blocks, 1), (Victims{0}));  // all were young: the first lap made them old
  EXPECT_EQ(bytes, Blocks::bytes_of("Sro Sro Sro Sro"));
  bytes.at(1) = state::cpu_access(bytes.at(1), {}).next;
  EXPECT_EQ(pick(*clock, blocks, 1), (Victims{2}));  // 1 was referenced and gets its second chance
  EXPECT_EQ(pick(*clock, blocks, 1), (Victims{3}));
}

TEST(StateFirst, Order) {
  auto bytes = Blocks::bytes_of("Sro Vr Ur Pr Sr Pr Ur Vro");
  Blocks blocks(bytes);
  blocks.dirty = {5};
  EXPECT_EQ(pick(*policy_named("state-first"), blocks, 8), (Victims{2, 6, 1, 3, 7, 0, 4, 5}));
}

TEST(Random, SeedsDiffer) {
  std::vector<std::uint8_t> bytes(1000, 0);
  Blocks blocks(bytes);
  const Victims one = pick(*policy_named("random", 1), blocks, 10);
  EXPECT_NE(one, pick(*policy_named("random", 2), blocks, 10));
  EXPECT_EQ(one, pick(*policy_named("random", 1), blocks, 10));
}

// Every block is hit about as often: 100 of 1000, 200 times, is 20 for each, plus or minus 6 deviations.
TEST(Random, IsEven) {
  std::vector<std::uint8_t> bytes(1000, 0);
  Blocks blocks(bytes);
  const auto random = policy_named("random", 3);
  std::vector<int> hits(bytes.size());
  for (int i = 0; i < 200; ++i) {
    for (const std::uint64_t block : pick(*random, blocks, 100)) ++hits.at(block);
  }
  const auto [least, most] = std::ranges::minmax(hits);
  EXPECT_GT(least, 0);
  EXPECT_LT(most, 46);
}

TEST(Storm, TakesAtOnceWhatMayBeDiscarded) {
  const auto storm = policy_named("storm");
  for (const bool changed : {false, true}) {
    EXPECT_TRUE(storm->takes_at_once(state::parse("Ur").value(), changed));
    EXPECT_TRUE(storm->takes_at_once(state::parse("Urg").value(), changed));
    EXPECT_TRUE(storm->takes_at_once(state::parse("Vr").value(), changed));
    EXPECT_EQ(storm->takes_at_once(state::parse("Pr").value(), changed), !changed);
    for (const char* text : {"Sr", "Sp", "Sz", "Uz", "Vz"}) {
      EXPECT_FALSE(storm->takes_at_once(state::parse(text).value(), changed)) << text;
    }
  }
}

TEST(Storm, SparesAShareWhileTheGuestMissesBlocks) {
  const auto storm = policy_named("storm", 5);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(storm->spares());
  std::vector<int> spared(2);
  for (int& count : spared) {
    storm->saw_miss();
    for (int i = 0; i < 256; ++i) count += static_cast<int>(storm->spares());
    EXPECT_GT(count, 32);
    EXPECT_LT(count, 96);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(storm->spares()) << "the miss is long past";
  }
}

TEST(Policies, OnlyStormTakesAtOnce) {
  for (const char* name : {"clock", "state-first", "random", "none"}) {
    EXPECT_FALSE(policy_named(name)->takes_at_once(state::parse("Vr").value(), false)) << name;
  }
}

TEST(None, PicksOnlyWhenForced) {
  auto bytes = Blocks::bytes_of("Sro Vr Ur");
  Blocks blocks(bytes);
  const auto none = policy_named("none");
  EXPECT_TRUE(pick(*none, blocks, 3, Urgency::background).empty());
  EXPECT_EQ(pick(*none, blocks, 2, Urgency::forced), (Victims{0, 1}));
  EXPECT_EQ(pick(*none, blocks, 2, Urgency::forced), (Victims{2, 0}));
}

}  // namespace
}  // namespace cmma::host
