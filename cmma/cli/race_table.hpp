// The table of the catalogue of races, from the lines that `cmma race run --json` and `explore --json` have
// written.
//
// Who may use it: the subcommand `race`, tests.
//
// Invariants
//   T1  Nothing is in the table that is not in the lines: no run, no row and no figure.
//   T2  A run that is there twice (scenario, way and seed) counts once, and is an error if the two differ.
#ifndef CMMA_CLI_RACE_TABLE_HPP
#define CMMA_CLI_RACE_TABLE_HPP

#include <cstdint>
#include <expected>
#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

#include "race/campaign.hpp"

namespace cmma::cli {

// The ways of a run that the table has columns for. With the guards on: with the scenario's triggers, with
// deeds at random as well, and without the scenario's triggers, with one discard of a block between any two
// uses of it.
inline constexpr std::string_view directed_mode = "directed";
inline constexpr std::string_view random_mode = "random";
inline constexpr std::string_view uses_mode = "uses";
inline constexpr std::string_view guarded_mode = "guarded";
inline constexpr std::string_view guarded_random_mode = "guarded random";
inline constexpr std::string_view guarded_uses_mode = "guarded uses";

struct TableLine {
  std::string race;
  std::string scenario;
  std::string_view mode;
  std::uint64_t seed = 0;  // or the number of a plan
  race::Result result;
  bool expected = false;     // it ended as the scenario expects
  std::uint64_t places = 1;  // it is as good as so many runs
};
// To the end of the file, in one write, so that runs at the same time can have one file.
void append_table_line(const std::filesystem::path& file, const TableLine& line);

// As Markdown, sorted by the numbers of the races. The error is one line.
[[nodiscard]] std::expected<std::string, std::string> race_table(std::istream& results);

}  // namespace cmma::cli
#endif
