// How a run ended, and what `cmma boot` makes of it.
//
// The facts come from boot_process.cpp when the machine has gone; nothing here asks the system.
#ifndef CMMA_CLI_BOOT_VERDICT_HPP
#define CMMA_CLI_BOOT_VERDICT_HPP

#include <optional>

#include "cli/boot_log.hpp"
#include "cli/boot_options.hpp"
#include "cli/boot_process.hpp"

namespace cmma::cli {

struct MachineEnd {
  int wait_status = 0;                // of the machine, as waitpid gives it
  bool timed_out = false;             // we ended it after options.timeout
  int interrupted_by = 0;             // the number of a signal to us; 0: none
  bool output_lost = false;           // nobody reads our standard output any more
  std::optional<int> command_status;  // of the command of --run, if the guest has said it
};

// exit_good, or why not. What we did ourselves counts before what the machine did, and that before the guest.
Expected<int> verdict(const MachineRun& run, const BootOptions& options, const MachineLog& log,
                      const MachineEnd& end);

}  // namespace cmma::cli
#endif
