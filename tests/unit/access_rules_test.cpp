// Accesses, evictions, release and reset on every state.
#include <gtest/gtest.h>

#include "state/transitions.hpp"

namespace cmma::state {
namespace {

Byte byte_at(std::string_view text) { return parse(text).value(); }

struct AccessCase {
  const char* from;
  Access access;
  const char* next;
};

TEST(CpuAccess, UnusedIsAnException) {
  const AccessCase cases[] = {
      {"Sr", Access::go_on, "Sr"},         {"Sp", Access::page_in, "Sr"},  {"Sz", Access::zero_frame, "Sr"},
      {"Urg", Access::unused, "Urg"},      {"Uzg", Access::unused, "Uzg"}, {"Vr", Access::go_on, "Vr"},
      {"Vz", Access::discard_fault, "Vz"}, {"Pr", Access::go_on, "Pr"},
  };
  for (const AccessCase& c : cases) {
    EXPECT_EQ(cpu_access(byte_at(c.from), {}), (AccessOutcome{c.access, byte_at(c.next)})) << c.from;
  }
}

TEST(CpuAccess, UnusedIsServed) {
  const Reading reading{.unused_is_exception = false};
  EXPECT_EQ(cpu_access(byte_at("Ur"), reading), (AccessOutcome{Access::go_on, byte_at("Ur")}));
  EXPECT_EQ(cpu_access(byte_at("Uz"), reading), (AccessOutcome{Access::zero_frame, byte_at("Ur")}));
  EXPECT_EQ(cpu_access(byte_at("Vz"), reading), (AccessOutcome{Access::discard_fault, byte_at("Vz")}));
}

TEST(CpuAccess, MakesYoungAndKeepsNoDat) {
  EXPECT_EQ(cpu_access(byte_at("SrNo"), {}).next, byte_at("SrN"));
  EXPECT_EQ(cpu_access(byte_at("Vro"), {}).next, byte_at("Vr"));
  EXPECT_EQ(cpu_access(byte_at("SpN"), {}).next, byte_at("SrN"));
  // A refused access is no reference.
  EXPECT_EQ(cpu_access(byte_at("Urgo"), {}).next, byte_at("Urgo"));
}

TEST(ChannelAccess, RefusedByDefault) {
  for (const char* text : {"Urg", "Uzg"}) {
    EXPECT_EQ(channel_access(byte_at(text), {}), (AccessOutcome{Access::unused, byte_at(text)}));
  }
  EXPECT_EQ(channel_access(byte_at("Vz"), {}), (AccessOutcome{Access::discard_fault, byte_at("Vz")}));
  EXPECT_EQ(channel_access(byte_at("Sp"), {}), (AccessOutcome{Access::page_in, byte_at("Sr")}));
  EXPECT_EQ(channel_access(byte_at("Pr"), {}), (AccessOutcome{Access::go_on, byte_at("Pr")}));
}

TEST(ChannelAccess, ServedMakesStable) {
  const Reading reading{.channel_checks = false};
  EXPECT_EQ(channel_access(byte_at("Urg"), reading), (AccessOutcome{Access::go_on, byte_at("Sr")}));
  EXPECT_EQ(channel_access(byte_at("Uzg"), reading), (AccessOutcome{Access::zero_frame, byte_at("Sr")}));
  EXPECT_EQ(channel_access(byte_at("Vz"), reading), (AccessOutcome{Access::zero_frame, byte_at("Sr")}));
  EXPECT_EQ(channel_access(byte_at("Vr"), reading), (AccessOutcome{Access::go_on, byte_at("Vr")}));
}

struct EvictCase {
  const char* from;
  bool changed;
  HostAction action;
  const char* next;
};

TEST(Evict, ByStateAndChangeBit) {
  const EvictCase cases[] = {
      {"Sr", false, HostAction::page_out, "Sp"},   {"Sr", true, HostAction::page_out, "Sp"},
      {"Urg", false, HostAction::drop, "Uzg"},     {"Ur", true, HostAction::drop, "Uz"},
      {"Vr", false, HostAction::discard, "Vz"},    {"Vr", true, HostAction::discard, "Vz"},
      {"Pr", false, HostAction::discard, "Vz"},    {"Pr", true, HostAction::page_out, "Sp"},
      {"SrNo", true, HostAction::page_out, "SpN"}, {"Vro", false, HostAction::discard, "Vz"},
  };
  for (const EvictCase& c : cases) {
    const Byte byte = byte_at(c.from);
    EXPECT_EQ(evict(byte, c.changed), (Eviction{c.action, byte_at(c.next)})) << c.from;
    EXPECT_EQ(host_action(byte, c.action, c.changed), byte_at(c.next)) << c.from;
    EXPECT_EQ(is_discardable(byte, c.changed), c.action != HostAction::page_out) << c.from;
  }
}

TEST(Evict, NothingWithoutAFrame) {
  for (const char* text : {"Sp", "Sz", "Uz", "Vz"}) {
    EXPECT_EQ(evict(byte_at(text), false), std::nullopt) << text;
    EXPECT_FALSE(is_discardable(byte_at(text), false)) << text;
  }
}

// I1 and I3: what is stable, or changed and potentially volatile, can neither be discarded nor dropped.
TEST(HostActions, ForbiddenOnesAreRefused) {
  int allowed = 0;
  for (const Pair pair : all_pairs) {
    for (const bool changed : {false, true}) {
      for (const HostAction action : {HostAction::page_out, HostAction::discard, HostAction::drop,
                                      HostAction::page_in, HostAction::supply_zero}) {
        const auto next = host_action(byte_of(pair), action, changed);
        if (!next) continue;
        ++allowed;
        EXPECT_TRUE(is_valid_pair(*next));
        const bool loses = action == HostAction::discard || action == HostAction::drop;
        EXPECT_FALSE(loses && usage_of(byte_of(pair)) == Usage::stable);
        EXPECT_FALSE(loses && pair == Pair::Pr && changed);
      }
    }
  }
  EXPECT_EQ(allowed, 12);  // one for each of six states, clean and changed; none for Uz and Vz
}

TEST(HostActions, UnaskedSupply) {
  EXPECT_EQ(host_action(byte_at("Sp"), HostAction::page_in, false), byte_at("Sr"));
  EXPECT_EQ(host_action(byte_at("Sz"), HostAction::supply_zero, false), byte_at("Sr"));
  EXPECT_EQ(host_action(byte_at("Vz"), HostAction::supply_zero, false), std::nullopt);
}

TEST(ReleaseAndReset, EverythingIsStable) {
  EXPECT_EQ(release(), byte_at("Sz"));
  const std::pair<const char*, const char*> cases[] = {{"SrNo", "Sr"}, {"SpN", "Sp"}, {"Sz", "Sz"},
                                                       {"Urg", "Sr"},  {"Uzg", "Sz"}, {"Vro", "Sr"},
                                                       {"Vz", "Sz"},   {"PrN", "Sr"}};
  for (const auto& [from, next] : cases) EXPECT_EQ(reset(byte_at(from)), byte_at(next)) << from;
}

}  // namespace
}  // namespace cmma::state
