#include "cli/boot_verdict.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "cli/subcommand.hpp"

namespace cmma::cli {

namespace {

std::unexpected<Failure> failure(int status, std::string text) {
  return std::unexpected(Failure{status, std::move(text)});
}

std::unexpected<Failure> machine_failed(const MachineLog& log, std::string_view how) {
  std::string text = fmt::format("the machine {}; its last messages:", how);
  for (const auto& line : log.tail()) text += "\n  " + line;
  return failure(exit_host, std::move(text));
}

// Whether the guest has failed. The patched machine says by its exit status how its guest ended; of an
// unpatched one the log alone tells.
Expected<bool> guest_failed(const MachineRun& run, const BootOptions& options, const MachineLog& log,
                            const MachineEnd& end) {
  if (!run.patched) {
    if (log.end() == MachineLog::End::none) return machine_failed(log, "ended before its guest");
    return log.end() == MachineLog::End::disabled_wait;
  }
  if (WIFSIGNALED(end.wait_status))
    return machine_failed(log, fmt::format("died ({})", ::strsignal(WTERMSIG(end.wait_status))));
  const int status = WEXITSTATUS(end.wait_status);
  const bool for_the_guest = status == exit_good || status == exit_hang ||
                             (status == exit_guest_failed && !log.guest_failure().empty());
  if (!for_the_guest || !log.announced_end())
    return machine_failed(log, fmt::format("ended with status {}", status));
  if (status == exit_hang) {
    return failure(exit_hang, fmt::format("the guest hangs: no end after {} seconds of its own time",
                                          options.determinism.limit));
  }
  return status == exit_guest_failed;
}

}  // namespace

Expected<int> verdict(const MachineRun& run, const BootOptions& options, const MachineLog& log,
                      const MachineEnd& end) {
  if (end.timed_out) return failure(exit_timeout, fmt::format("no end after {} seconds", options.timeout));
  if (end.interrupted_by != 0)
    return failure(exit_host, fmt::format("interrupted ({})", ::strsignal(end.interrupted_by)));
  if (end.output_lost) return failure(exit_host, "cannot write the guest's console to standard output");
  if (log.killed_by_gdb()) return failure(exit_guest_failed, "gdb has killed the guest");

  const auto failed = guest_failed(run, options, log, end);
  if (!failed) return std::unexpected(failed.error());
  if (*failed) return failure(exit_guest_failed, fmt::format("the guest failed: {}", log.guest_failure()));
  if (!run.expects_status) return exit_good;
  if (!end.command_status)
    return failure(exit_guest_failed, "the guest ended without saying how the command of --run ended");
  if (*end.command_status != 0) {
    return failure(exit_guest_failed,
                   fmt::format("the command of --run ended with status {}", *end.command_status));
  }
  return exit_good;
}

}  // namespace cmma::cli
