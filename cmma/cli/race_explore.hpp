// Campaigns: `cmma race explore`.
//
// Who may use it: the subcommand `race`.
#ifndef CMMA_CLI_RACE_EXPLORE_HPP
#define CMMA_CLI_RACE_EXPLORE_HPP

#include "cli/subcommand.hpp"

namespace cmma::cli {

// Adds explore to `cmma race`.
void register_explore(CLI::App& race, Run& run);

}  // namespace cmma::cli
#endif
