// The C ABI, as a machine uses it: on the real operating system, through cmma.h alone.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

class HostAbi : public testing::Test {
 protected:
  static constexpr std::uint64_t blocks = 256;

  void SetUp() override {
    const cmma_machine table = machine.table();
    host = cmma_open("seed=1", blocks * block_size, &table, error, sizeof error);
    ASSERT_NE(host, nullptr) << error;
  }
  void TearDown() override { cmma_close(host); }

  std::vector<std::string> lines(const char* command, int expected = 0) {
    std::vector<std::string> all;
    const auto print = [](void* context, const char* line) {
      static_cast<std::vector<std::string>*>(context)->emplace_back(line);
    };
    EXPECT_EQ(cmma_command(host, command, print, &all), expected);
    return all;
  }

  FakeMachine machine{blocks};
  char error[128] = "";
  cmma_host* host = nullptr;
};

TEST_F(HostAbi, ARunThroughEveryFunction) {
  std::uint8_t* const storage = cmma_main_storage(host);
  const std::uint8_t* const states = cmma_states(host);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage) % block_size, 0u);
  EXPECT_TRUE((states[0] & CMMA_STATE_ATTENTION) != 0);
  EXPECT_EQ(cmma_access(host, 5 * block_size + 8, 0), CMMA_DONE);
  storage[5 * block_size] = 7;
  std::uint64_t r1 = 99;
  EXPECT_EQ(cmma_essa(host, 0, 5 * block_size, 3, &r1), CMMA_DONE);
  EXPECT_EQ(r1, 0u);
  EXPECT_EQ(states[5], 0x0c);
  EXPECT_EQ(lines("discard 0x5000").size(), 1u);
  EXPECT_EQ(cmma_access(host, 5 * block_size, 0), CMMA_DISCARDED);
  char buffer[8] = "channel";
  std::size_t done = 0;
  EXPECT_EQ(cmma_write(host, 6 * block_size - 4, buffer, 8, &done), CMMA_DISCARDED);
  EXPECT_EQ(done, 0u);
  EXPECT_EQ(cmma_write(host, 7 * block_size - 4, buffer, 8, nullptr), CMMA_DONE);
  char back[8] = "";
  EXPECT_EQ(cmma_read(host, 7 * block_size - 4, back, 8, &done), CMMA_DONE);
  EXPECT_EQ(done, 8u);
  EXPECT_STREQ(back, "channel");
  EXPECT_EQ(cmma_reclaim_wanted(host), 0);
  cmma_reclaim(host, 0);
  EXPECT_EQ(cmma_release(host, 0, 6, 7), CMMA_DONE);
  EXPECT_EQ(cmma_release(host, 0, 6, blocks), CMMA_ADDRESSING);
  cmma_reset(host, 0);
  EXPECT_EQ(states[5], 0x03);
  cmma_reset(host, 1);
  EXPECT_EQ(states[5], 0x03);
}

TEST_F(HostAbi, CommandsGiveLines) {
  EXPECT_EQ(lines("matrix").size(), 6u);
  EXPECT_GT(lines("help").size(), 8u);
  EXPECT_EQ(lines("nonsense", 1).size(), 1u);
  EXPECT_EQ(cmma_command(host, "matrix", nullptr, nullptr), 0);
  EXPECT_EQ(cmma_command(host, nullptr, nullptr, nullptr), 1);
}

TEST(HostAbiOpen, TakesNoOptions) {
  FakeMachine machine(1);
  const cmma_machine table = machine.table();
  cmma_host* host = cmma_open(nullptr, block_size, &table, nullptr, 0);
  ASSERT_NE(host, nullptr);
  cmma_close(host);
}

TEST(HostAbiOpen, ErrorsFitTheBuffer) {
  FakeMachine machine(1);
  cmma_machine table = machine.table();
  char error[8];
  std::memset(error, 'x', sizeof error);
  EXPECT_EQ(cmma_open("policy=unheard-of", block_size, &table, error, sizeof error), nullptr);
  EXPECT_EQ(std::strlen(error), 7u);
  EXPECT_EQ(cmma_open("policy=unheard-of", block_size, &table, nullptr, 0), nullptr);
  EXPECT_EQ(cmma_open("", block_size, nullptr, error, sizeof error), nullptr);
  table.resume = nullptr;
  EXPECT_EQ(cmma_open("", block_size, &table, error, sizeof error), nullptr);
  cmma_close(nullptr);
}

}  // namespace
}  // namespace cmma::test
