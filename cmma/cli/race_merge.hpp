// What campaigns have left: `cmma race results | merge`.
//
// Who may use it: the subcommand `race`.
#ifndef CMMA_CLI_RACE_MERGE_HPP
#define CMMA_CLI_RACE_MERGE_HPP

#include <expected>
#include <string>

#include "cli/subcommand.hpp"
#include "race/campaign.hpp"

namespace cmma::cli {

// The results in this file. The error is one line.
[[nodiscard]] std::expected<race::Results, std::string> read_campaign(const std::string& file);

// Adds results and merge to `cmma race`.
void register_merge(CLI::App& race, Run& run);

}  // namespace cmma::cli
#endif
