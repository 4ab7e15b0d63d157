// What a campaign keeps of its runs: of each way to fail the smallest, in whatever order they come.
#include "cli/race_kept.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

class RaceKept : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder / name).string(); }
  // A run has left its files and is offered.
  bool offer(Kept& kept, std::uint64_t plan, const std::string& signature, std::uint64_t done) {
    std::ofstream(file("schedule")) << "of plan " << plan;
    std::ofstream(file("console")) << "console";
    const race::Result result{.signature = signature, .done = done, .refused = 0};
    const auto offered = kept.offer(plan, result, file("schedule"), file("console"));
    EXPECT_TRUE(offered);
    return offered.value_or(false);
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  const fs::path folder = fs::temp_directory_path() / ("race_kept_" + std::to_string(::getpid()));
};

TEST_F(RaceKept, TheSmallestOfEachSignature) {
  Kept kept(file("r"), {});
  EXPECT_FALSE(offer(kept, 1, "", 1)) << "nothing has failed";
  EXPECT_TRUE(offer(kept, 8, "x", 5));
  EXPECT_FALSE(offer(kept, 3, "x", 6)) << "earlier, and larger";
  EXPECT_TRUE(offer(kept, 9, "x", 4));
  EXPECT_TRUE(offer(kept, 7, "x", 4)) << "runs end in any order";
  EXPECT_TRUE(offer(kept, 20, "y", 9));
  std::ostringstream text;
  text << std::ifstream(file("r.plan-7.schedule.toml")).rdbuf();
  EXPECT_EQ(text.str(), "of plan 7");
  EXPECT_EQ(files(), 2 + 2 * 2u) << "of plan 7, of plan 20, and the files of the last run";
  EXPECT_EQ(kept.plans().at("y"), 20u);
  EXPECT_EQ(kept.schedule(20), file("r.plan-20.schedule.toml"));
}

TEST_F(RaceKept, GoesOnFromWhatIsThere) {
  const race::Results before{.campaign = "a",
                             .by_plan = {{4, {.signature = "x", .done = 2, .refused = 0}},
                                         {5, {.signature = "x", .done = 1, .refused = 0}}}};
  {
    Kept first(file("r"), {});
    EXPECT_TRUE(offer(first, 4, "x", 2));
  }
  Kept kept(file("r"), before);
  EXPECT_FALSE(offer(kept, 6, "x", 2));
  EXPECT_TRUE(offer(kept, 7, "x", 1)) << "the files of plan 5 are not there";
  EXPECT_FALSE(fs::exists(file("r.plan-4.schedule.toml")));
}

TEST_F(RaceKept, PartsMergeToTheSmallest) {
  Kept one(file("part-0"), {});
  Kept two(file("part-1"), {});
  EXPECT_TRUE(offer(one, 1, "x", 3));
  EXPECT_TRUE(offer(two, 2, "x", 2));
  std::ofstream(two.small_schedule(2)) << "small";
  Kept merged(file("r"), {});
  EXPECT_TRUE(merged.offer_from(file("part-0"), 1, {.signature = "x", .done = 3, .refused = 0}).value());
  EXPECT_TRUE(merged.offer_from(file("part-1"), 2, {.signature = "x", .done = 2, .refused = 0}).value());
  EXPECT_FALSE(merged.offer_from(file("part-1"), 3, {.signature = "x", .done = 1, .refused = 0}).value())
      << "it has not kept this one";
  EXPECT_TRUE(fs::exists(file("r.plan-2.console.txt")));
  EXPECT_EQ(merged.plans().at("x"), 2u);
  EXPECT_TRUE(fs::exists(merged.small_schedule(2))) << "it goes along";
}

TEST_F(RaceKept, SaysThatAFileIsMissing) {
  Kept kept(file("r"), {});
  const auto offered =
      kept.offer(1, {.signature = "x", .done = 1, .refused = 0}, file("nothing"), file("nothing"));
  ASSERT_FALSE(offered);
  EXPECT_EQ(offered.error(), "the files of plan 1 cannot be kept: No such file or directory");
}

}  // namespace
}  // namespace cmma::cli
