// The gdb server: a connection, what comes over it, and who may use it when.
//
// Used by the C interface (abi.cpp) and by tests. What each public function does is said in cmma/gdb.h.
//
// Threads: the listener thread uses the connection while no CPU serves, a CPU while it does. A CPU that
// begins to serve waits until the listener has let go (G1).
//
// Invariants
//   G1  The connection, the reader and the session are used by one thread at a time: by the listener only
//   while
//       `serving_` is false and it has not said that it is parked.
//   G2  When a client is gone, stops_ is empty.
#ifndef CMMA_GDB_SERVER_HPP
#define CMMA_GDB_SERVER_HPP

#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/descriptor.hpp"
#include "cmma/gdb.h"
#include "gdb/connection.hpp"
#include "gdb/packet.hpp"
#include "gdb/session.hpp"
#include "gdb/stops.hpp"

namespace cmma::gdb {

class Server {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> open(
      unsigned port, bool listener, const cmma_gdb_machine& machine);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  void end(int status);
  [[nodiscard]] bool attention();
  [[nodiscard]] Session::Orders stop(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait);
  [[nodiscard]] const Stops& stops() const { return stops_; }

 private:
  Server(Connection connection, base::Descriptor wake, const cmma_gdb_machine& machine);

  void listen();
  void begin_serving();
  void end_serving();
  void serve(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait);
  [[nodiscard]] bool find_client(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait);
  [[nodiscard]] bool welcome();
  [[nodiscard]] bool goes_on(const Event& event);
  void receive();
  void forget_client(const char* why);
  void send(std::string_view packet);
  void wake_listener();

  const cmma_gdb_machine machine_;
  Connection connection_;
  PacketReader reader_;
  Stops stops_;
  std::optional<Session> session_;
  Session::Orders orders_{};
  std::string last_sent_;
  int resent_ = 0;

  base::Descriptor wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool serving_ = false;
  bool parked_ = true;
  bool closing_ = false;
  std::thread listener_;
};

}  // namespace cmma::gdb
#endif
