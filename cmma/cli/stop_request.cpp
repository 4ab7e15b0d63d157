#include "cli/stop_request.hpp"

#include <csignal>

namespace cmma::cli {
namespace {

volatile std::sig_atomic_t requested = 0;

}  // namespace

void note_stop_requests() {
  struct sigaction action{};
  action.sa_handler = [](int number) { requested = number; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int stop_requested() { return requested; }

}  // namespace cmma::cli
