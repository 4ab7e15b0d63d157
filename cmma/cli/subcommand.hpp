// What a subcommand of `cmma` is: one file each, added to the list in main.cpp.
//
// A subcommand defines its options on the CLI11 object it is given and stores what to do in `run`. The
// function is called after parsing, if the subcommand was chosen, and returns the exit status.
#ifndef CMMA_CLI_SUBCOMMAND_HPP
#define CMMA_CLI_SUBCOMMAND_HPP

#include <CLI/CLI.hpp>
#include <functional>

namespace cmma::cli {

// Exit statuses, the same for all subcommands.
inline constexpr int exit_good = 0;
inline constexpr int exit_guest_failed = 1;  // panic, disabled wait, a test image that reported failure
inline constexpr int exit_usage = 2;
inline constexpr int exit_host = 3;
inline constexpr int exit_timeout = 4;   // of the wall clock
inline constexpr int exit_hang = 5;      // a deterministic guest has no end in its own time
inline constexpr int exit_signal = 128;  // and its number: stopped by a signal

using Run = std::function<int()>;

// Adds itself to `app`; what to do is stored in `run` when the subcommand is chosen.
using Register = void (*)(CLI::App& app, Run& run);

void register_states(CLI::App& app, Run& run);
void register_trace(CLI::App& app, Run& run);
void register_boot(CLI::App& app, Run& run);
void register_compare(CLI::App& app, Run& run);
void register_report(CLI::App& app, Run& run);
void register_race(CLI::App& app, Run& run);

}  // namespace cmma::cli
#endif
