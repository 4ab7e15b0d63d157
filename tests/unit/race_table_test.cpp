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

// A run that is as good as many.
std::string many_places(int race, int seed) {
  const std::string line = run(race, "guarded uses", seed, "", true);
  return line.substr(0, line.rfind('}')) + ",\"places\":12345}\n";
}

TEST(RaceTable, CountsWhatWasRun) {
  std::istringstream lines(run(11, "directed", 1, "oops: x", true) + run(3, "directed", 1, "bug: y", true) +
                           run(3, "directed", 2, "", false) + run(3, "directed", 2, "", false) +
                           run(3, "random", 1, "hang: no end", false) + run(3, "guarded", 1, "", true) +
                           run(3, "guarded", 2, "panic: z", false) + run(3, "guarded random", 2, "", true) +
                           run(3, "guarded uses", 7, "hang: no end", false) + many_places(3, 8) +
                           run(3, "nth", 7, "", false) + run(3, "uses", 9, "bug: y", true));
  const auto table = race_table(lines);
  ASSERT_TRUE(table) << table.error();
  const std::string rows = table->substr(table->find("| R"));
  EXPECT_EQ(rows.substr(rows.find("| R3 ")),
            "| R3 | `R3-name` | 1 of 2 | 0 of 1 | 1 of 1, for 1 places | 1 of 3 | 1 of 2, for 12346 places | "
            "`bug: y` |\n"
            "| R11 | `R11-name` | 1 of 1 | not run | not run | not run | not run | `oops: x` |\n");
}

TEST(RaceTable, RefusesWhatContradictsItself) {
  std::istringstream twice(run(3, "directed", 1, "bug: y", true) + run(3, "directed", 1, "", false));
  EXPECT_FALSE(race_table(twice));
  std::istringstream wrong("{}\n");
  EXPECT_FALSE(race_table(wrong));
}

}  // namespace
}  // namespace cmma::cli
