#include "gdb/connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cmma::gdb {

using base::Descriptor;

namespace {

std::unexpected<std::string> failure(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::expected<Connection, std::string> Connection::listen(unsigned port) {
  constexpr unsigned highest = 65535;
  if (port > highest) return std::unexpected(fmt::format("{} is not a port", port));
  Connection made;
  made.listening_ = Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.listening_.is_open()) return failure("socket");
  const int on = 1;
  ::setsockopt(made.listening_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(made.listening_.get(), generic, sizeof address) != 0)
    return failure(fmt::format("port {}", port));
  if (::listen(made.listening_.get(), 1) != 0) return failure("listen");
  socklen_t length = sizeof address;
  if (::getsockname(made.listening_.get(), generic, &length) != 0) return failure("getsockname");
  made.port_ = ntohs(address.sin_port);
  return made;
}

Connection::Wanted Connection::wait(int milliseconds, int wake) {
  for (;;) {
    std::array<pollfd, 3> sources{
        {{client_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}, {wake, POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), milliseconds) <= 0) return Wanted::nothing;
    if (sources[0].revents != 0) return Wanted::data;
    if (sources[1].revents == 0) return Wanted::nothing;
    if (!client_.is_open()) return Wanted::client;
    const Descriptor second{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }
}

bool Connection::accept() {
  client_ = Descriptor{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!client_.is_open()) return false;
  const int on = 1;
  ::setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

std::string Connection::receive() {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::recv(client_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) return {buffer.data(), static_cast<std::size_t>(got)};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    client_.close();
    return {};
  }
}

bool Connection::send(std::string_view bytes) {
  while (client_.is_open() && !bytes.empty()) {
    const ssize_t sent = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    pollfd writable{client_.get(), POLLOUT, 0};
    const bool full = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!full || ::poll(&writable, 1, static_cast<int>(patience.count())) <= 0) client_.close();
  }
  return client_.is_open();
}

}  // namespace cmma::gdb
