// The initrd of a boot: the default root or the user's, archives laid over it, and the command of --run.
#ifndef CMMA_CLI_BOOT_INITRD_HPP
#define CMMA_CLI_BOOT_INITRD_HPP

#include <string>

#include "cli/boot_options.hpp"

namespace cmma::cli {

// What the guest's init looks for and runs. It is an archive of its own after the others, because a
// kernel's command line is too short for some commands and has no quoting that a shell would agree with.
inline constexpr const char* command_file = "cmma/run";

// What init prints when the command has ended, followed by its exit status.
inline constexpr const char* command_status_mark = "cmma: the command ended with status ";

// Archives one after another, each on a 4-byte boundary, as the kernel takes them.
Expected<std::string> build_initrd(const std::filesystem::path& base, const BootOptions& options);

}  // namespace cmma::cli
#endif
