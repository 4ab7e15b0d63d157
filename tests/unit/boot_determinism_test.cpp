// Two logs of events of a deterministic run: where they differ first.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/boot_determinism.hpp"

namespace cmma::cli {
namespace {

// As the machine writes it (cmma/machine/hcmmadet.c).
struct Event {
  std::uint64_t now;
  std::uint32_t kind;
  std::uint32_t cpu;
  std::uint64_t what;
  std::uint64_t where;
};

class FirstDifference : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] std::filesystem::path log(const std::string& name, const std::vector<Event>& events) const {
    std::ofstream file(folder / name, std::ios::binary);
    for (const Event& event : events) file.write(reinterpret_cast<const char*>(&event), sizeof event);
    return folder / name;
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("determinism_" + std::to_string(::getpid()));
  const std::vector<Event> run{
      {100, 1, 0, 5000, 0}, {5100, 3, 1, 0x1004, 0x1234}, {9000, 4, 0, 0x10000, 0x88}};
};

TEST_F(FirstDifference, OfTheSameRunIsNone) {
  const auto difference = first_difference(log("a", run), log("b", run));
  ASSERT_TRUE(difference);
  EXPECT_EQ(*difference, "");
}

TEST_F(FirstDifference, IsSaidInWords) {
  auto other = run;
  other[1].what = 0x1005;
  const auto difference = first_difference(log("a", run), log("b", other));
  ASSERT_TRUE(difference);
  EXPECT_EQ(*difference,
            "the runs differ first in event 2:\n  at 5100: cpu1 external interruption 0x1004 0x1234\n"
            "  at 5100: cpu1 external interruption 0x1005 0x1234");
}

TEST_F(FirstDifference, OneEndsEarlier) {
  auto other = run;
  other.pop_back();
  const auto difference = first_difference(log("a", run), log("b", other));
  ASSERT_TRUE(difference);
  EXPECT_EQ(*difference,
            "the runs differ first in event 3:\n  at 9000: cpu0 I/O interruption 0x10000 0x88\n"
            "  the run has ended");
}

TEST_F(FirstDifference, WithoutALogIsAnError) {
  const auto difference = first_difference(log("a", run), folder / "none");
  ASSERT_FALSE(difference);
}

TEST(DeterminismOptions, OfTheCommandHaveNoSecondPlace) {
  BootOptions options;
  options.determinism.on = true;
  for (const char* option :
       {"seed=1", "limit=1", "log=x", "record=x", "replay=x", "fork=3:4", "rate", "rate=1,turn=2"}) {
    options.determinism.options = {option};
    EXPECT_FALSE(check_determinism_options(options)) << option;
  }
  options.determinism.options = {"rate=50", "latency.0120=5000"};
  EXPECT_TRUE(check_determinism_options(options));
  EXPECT_EQ(determinism_text(options), "seed=1,rate=50,latency.0120=5000");
}

TEST(DeterminismOptions, TheLimitIsInMicroseconds) {
  BootOptions options;
  options.determinism.limit = 2.5;
  EXPECT_FALSE(check_determinism_options(options));
  options.determinism.on = true;
  EXPECT_TRUE(check_determinism_options(options));
  EXPECT_EQ(determinism_text(options), "seed=1,limit=2500000");
}

}  // namespace
}  // namespace cmma::cli
