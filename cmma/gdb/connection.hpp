// The sockets: a listening one on the loopback address, and that of the one client.
//
// Used by the server. Nothing here knows the protocol.
//
// Invariants
//   C1  Only 127.0.0.1 is listened on: gdb may write into the guest.
//   C2  To send never waits longer than `patience` for a client that does not read: such a client is gone.
#ifndef CMMA_GDB_CONNECTION_HPP
#define CMMA_GDB_CONNECTION_HPP

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace cmma::gdb {

class Connection {
 public:
  static constexpr std::chrono::milliseconds patience{10000};

  [[nodiscard]] static std::expected<Connection, std::string> listen(unsigned port);
  [[nodiscard]] unsigned port() const { return port_; }

  [[nodiscard]] bool has_client() const { return client_.is_open(); }
  void drop_client() { client_.close(); }

  enum class Wanted : unsigned char { nothing, client, data };
  // Wait so long (-1: for ever) for a client to come, or for the client's data or end. `wake` ends the wait
  // too. A second client is turned away here.
  [[nodiscard]] Wanted wait(int milliseconds, int wake = -1);
  [[nodiscard]] bool accept();
  // What has come; nothing when the client is gone, which closes the socket.
  [[nodiscard]] std::string receive();
  // False: the client is gone, and the socket closed.
  bool send(std::string_view bytes);

 private:
  base::Descriptor listening_;
  base::Descriptor client_;
  unsigned port_ = 0;
};

}  // namespace cmma::gdb
#endif
