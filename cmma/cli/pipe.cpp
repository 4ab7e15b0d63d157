#include "cli/pipe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cmma::cli {

using base::Descriptor;

std::expected<Pipe, std::string> make_pipe() {
  const auto failed = [] { return std::unexpected(fmt::format("pipe: {}", std::strerror(errno))); };
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed();
  const std::array<Descriptor, 2> low{Descriptor{ends[0]}, Descriptor{ends[1]}};
  Pipe pipe{.read = Descriptor{::fcntl(ends[0], F_DUPFD_CLOEXEC, first_free)},
            .write = Descriptor{::fcntl(ends[1], F_DUPFD_CLOEXEC, first_free)}};
  if (!pipe.read.is_open() || !pipe.write.is_open()) return failed();
  return pipe;
}

bool write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace cmma::cli
