// SIGINT and SIGTERM as a question: does somebody want this to end?
//
// Who may use it: subcommands that run long and can stop between two steps. The second signal ends the
// program at once, as any.
#ifndef CMMA_CLI_STOP_REQUEST_HPP
#define CMMA_CLI_STOP_REQUEST_HPP

namespace cmma::cli {

// From now on the first SIGINT or SIGTERM is only noted. Waits in system calls are interrupted by it.
void note_stop_requests();

// The signal, or 0.
[[nodiscard]] int stop_requested();

}  // namespace cmma::cli
#endif
