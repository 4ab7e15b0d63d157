#include "state/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace cmma::state {

void check_failed(const char* invariant, const std::source_location& where) {
  std::fprintf(stderr, "cmma: invariant broken: %s (%s, %s:%u)\n", invariant, where.function_name(),
               where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace cmma::state
