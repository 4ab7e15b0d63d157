// Runs the machine as a child process: connects the consoles, waits for the end, enforces the time limit.
//
// One thread, one poll loop. Invariants:
//   P1  The child never outlives this process (the kernel kills it when we die, however we die).
//   P2  What the guest wrote before its end has been written to standard output before `run` returns.
#ifndef CMMA_CLI_BOOT_PROCESS_HPP
#define CMMA_CLI_BOOT_PROCESS_HPP

#include <string>

#include "cli/boot_files.hpp"
#include "cli/boot_options.hpp"

namespace cmma::cli {

struct MachineRun {
  std::filesystem::path program;
  bool patched;                // the machine has GUESTCONSOLE and ENDMODE
  bool interactive;            // standard input goes to the guest
  bool expects_status;         // --run: the guest will print how its command ended
  std::string determinism;     // for the machine's environment; empty: an ordinary run
  int fork_driver = -1;        // a descriptor that the machine inherits; -1: none
  bool quiet_console = false;  // what the guest writes is not wanted
};

// Returns the exit status of `cmma boot`.
Expected<int> run_machine(const MachineRun& run, const BootFiles& files, const BootOptions& options);

}  // namespace cmma::cli
#endif
