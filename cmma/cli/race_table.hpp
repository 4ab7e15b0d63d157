// The table of the catalogue of races, from the lines that `cmma race run --json` has written.
//
// Who may use it: the subcommand `race`, tests.
//
// Invariants
//   T1  Nothing is in the table that is not in the lines: no run, no row and no figure.
//   T2  A run that is there twice (scenario, mode and seed) counts once, and is an error if the two differ.
#ifndef CMMA_CLI_RACE_TABLE_HPP
#define CMMA_CLI_RACE_TABLE_HPP

#include <expected>
#include <istream>
#include <string>

namespace cmma::cli {

// As Markdown, sorted by the numbers of the races. The error is one line.
[[nodiscard]] std::expected<std::string, std::string> race_table(std::istream& results);

}  // namespace cmma::cli
#endif
