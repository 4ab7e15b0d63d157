// cmma_forked: a child process has its own main storage, its own page faults and its own paging store.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using enum state::Pair;

// The exit status of a child that does this: 0 if it holds.
int in_child(const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(holds() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class HostFork : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    GTEST_SKIP() << "the thread sanitizer takes a fault for a signal that may come at any time";
#endif
#endif
    if (!rig.machine.messages.empty()) GTEST_SKIP() << rig.machine.messages[0];
    rig.bring(1, Sp, 0x42);
    rig.bring(2, Vz);
  }

  // Reads without announcing it, as a stray does.
  std::uint8_t look(std::uint64_t block) { return std::atomic_ref<std::uint8_t>(*rig.at(block)).load(); }

  Rig rig{"frames=256K,strays=in-place", 256, true};
};

TEST_F(HostFork, TheChildsFaultsAreAnsweredInTheChild) {
  EXPECT_EQ(in_child([&] { return rig->forked() && look(1) == 0x42 && rig.pair(1) == Sr; }), 0);
  EXPECT_EQ(rig.pair(1), Sp) << "nothing has changed here";
  EXPECT_EQ(look(1), 0x42);
}

TEST_F(HostFork, TheChildsPagingStoreIsItsOwn) {
  const auto writes_and_reads = [&](std::uint8_t value) {
    for (std::uint64_t block = 10; block < 40; ++block) rig.bring(block, Sp, value);
    for (std::uint64_t block = 10; block < 40; ++block)
      if (rig.access(block) != CMMA_DONE || *rig.at(block) != value) return false;
    return rig.access(1) == CMMA_DONE && *rig.at(1) == 0x42;
  };
  EXPECT_EQ(in_child([&] { return rig->forked() && writes_and_reads(0x11); }), 0);
  EXPECT_TRUE(writes_and_reads(0x22)) << "the child has written over the parent's store";
}

TEST_F(HostFork, AChildOfAChild) {
  EXPECT_EQ(in_child([&] {
              return rig->forked() && in_child([&] { return rig->forked() && look(1) == 0x42; }) == 0;
            }),
            0);
}

TEST(HostForkRefused, WithAThreadThatDoesNotComeAlong) {
  Rig rig("", 64);
  const auto outcome = rig->forked();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().find("strays=in-place"), std::string::npos) << outcome.error();
}

}  // namespace
}  // namespace cmma::test
