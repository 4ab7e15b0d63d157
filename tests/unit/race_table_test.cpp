// The table of the catalogue of races.
#include "cli/race_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace cmma::cli {
namespace {

std::string run(int race, const std::string& mode, int seed, const std::string& signature, bool expected) {
  std::ostringstream line;
  line << R"({"race":"R)" << race << R"(","scenario":"R)" << race << R"(-name","mode":")" << mode
       << R"(","seed":)" << seed << R"(,"signature":")" << signature << R"(","expected":)"
       << (expected ? "true" : "false") << "}\n";
  return line.str();
}

TEST(RaceTable, CountsWhatWasRun) {
  std::istringstream lines(run(11, "directed", 1, "oops: x", true) + run(3, "directed", 1, "bug: y", true) +
                           run(3, "directed", 2, "", false) + run(3, "directed", 2, "", false) +
                           run(3, "random", 1, "hang: no end", false) + run(3, "guarded", 1, "", true) +
                           run(3, "guarded", 2, "panic: z", false));
  const auto table = race_table(lines);
  ASSERT_TRUE(table) << table.error();
  const std::string rows = table->substr(table->find("| R"));
  EXPECT_EQ(rows.substr(rows.find("| R3 ")),
            "| R3 | `R3-name` | 1 of 2 | 0 of 1 | 1 of 2 | `bug: y` |\n"
            "| R11 | `R11-name` | 1 of 1 | not run | not run | `oops: x` |\n");
}

TEST(RaceTable, RefusesWhatContradictsItself) {
  std::istringstream twice(run(3, "directed", 1, "bug: y", true) + run(3, "directed", 1, "", false));
  EXPECT_FALSE(race_table(twice));
  std::istringstream wrong("{}\n");
  EXPECT_FALSE(race_table(wrong));
}

}  // namespace
}  // namespace cmma::cli
