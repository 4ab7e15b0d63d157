// Deterministic runs (docs/determinism.md): what the machine is told, and how two runs are compared.
//
// Who may call it: boot.cpp.
//
// Invariants
//   R1  What the machine is told depends on the options alone: the same options, the same text.
#ifndef CMMA_CLI_BOOT_DETERMINISM_HPP
#define CMMA_CLI_BOOT_DETERMINISM_HPP

#include <filesystem>
#include <string>

#include "cli/boot_options.hpp"

namespace cmma::cli {

// The options of --deterministic make sense together, and the files can be named.
[[nodiscard]] Expected<void> check_determinism_options(const BootOptions& options);

// For the machine's environment variable HERCULES_DETERMINISTIC; empty if this is no such run.
[[nodiscard]] std::string determinism_text(const BootOptions& options);

// The first event in which two logs (--events FILE) differ, as lines for the user; empty if there is none.
[[nodiscard]] Expected<std::string> first_difference(const std::filesystem::path& one,
                                                     const std::filesystem::path& other);

}  // namespace cmma::cli
#endif
