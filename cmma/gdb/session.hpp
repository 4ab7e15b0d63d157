// What the packets of one client mean: the commands of gdb's remote protocol, in its all-stop mode.
//
// Used by the server, which brings packets and takes answers, and by tests. CPU n is thread n + 1.
//
// Invariants
//   S1  Each packet is answered once, but for those that let the guest go on: their answer is the report of
//   the
//       next stop. A packet that is not known gets the empty answer, a bad one an error.
//   S2  What a packet says is believed only after a check: numbers, lengths, threads.
#ifndef CMMA_GDB_SESSION_HPP
#define CMMA_GDB_SESSION_HPP

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cmma/gdb.h"
#include "gdb/stops.hpp"
#include "gdb/translate.hpp"

namespace cmma::gdb {

class Session {
 public:
  enum class Next : std::uint8_t { stay, go, detach, kill };
  using Orders = std::array<cmma_gdb_go, CMMA_GDB_CPUS>;
  using Send = std::function<void(std::string_view)>;

  // Answers go to `send`, a packet a call.
  Session(const cmma_gdb_machine& machine, Stops& stops, Send send);

  // CPU `cpu` has stopped. The client has not been told yet.
  void stopped(int cpu, cmma_gdb_reason reason, std::uint64_t address);
  // Tell it, as the answer to the packet that let the guest go on.
  void report_stop();
  // The guest has ended: likewise.
  void report_end(int status);
  [[nodiscard]] Next handle(std::string_view packet);
  // What the CPUs are to do, after `go`.
  [[nodiscard]] const Orders& orders() const { return orders_; }
  // From the next packet on, packets are not acknowledged.
  [[nodiscard]] bool without_acknowledgement() const { return no_ack_; }

 private:
  using Answer = std::expected<std::string, Obstacle>;

  // ---- session.cpp ----
  [[nodiscard]] std::optional<Answer> query(std::string_view packet);
  [[nodiscard]] static Answer transfer(std::string_view arguments);
  [[nodiscard]] Answer thread_list() const;
  [[nodiscard]] Answer thread_info(std::string_view id) const;
  [[nodiscard]] Answer select_thread(std::string_view arguments);
  [[nodiscard]] bool is_cpu(std::uint64_t number) const;
  [[nodiscard]] std::optional<int> cpu_of(std::string_view thread) const;
  [[nodiscard]] Answer change_registers(const std::function<bool(cmma_gdb_registers&)>& change);
  [[nodiscard]] Answer change_stop(std::string_view arguments, bool insert);
  [[nodiscard]] std::string stop_text() const;

  // ---- resume.cpp ----
  [[nodiscard]] bool resume_all(std::string_view address, cmma_gdb_order order);
  [[nodiscard]] bool resume(std::string_view actions);

  // ---- memory.cpp ----
  [[nodiscard]] Answer read_memory(std::string_view arguments) const;
  [[nodiscard]] Answer write_memory(std::string_view arguments, bool binary);

  // ---- monitor.cpp ----
  [[nodiscard]] Answer monitor(std::string_view digits);
  void print(std::string_view text);
  void print_translation(std::string_view text);
  void print_cpus();
  void print_until(std::string_view text);
  [[nodiscard]] std::expected<std::string, std::string> with_absolute_addresses(
      std::string_view command) const;

  [[nodiscard]] cmma_gdb_registers registers() const;

  const cmma_gdb_machine& machine_;
  Stops& stops_;
  Send send_;
  int stopped_cpu_ = 0;
  int selected_ = 0;    // for registers and memory: H g
  int to_resume_ = -1;  // for s: H c; -1 for the one that has stopped
  cmma_gdb_reason reason_ = CMMA_GDB_INTERRUPT;
  std::uint64_t watched_ = 0;
  bool told_ = false;   // the client knows of this stop
  bool asked_ = false;  // the client waits for the report of a stop
  bool no_ack_ = false;
  Orders orders_{};
};

}  // namespace cmma::gdb
#endif
