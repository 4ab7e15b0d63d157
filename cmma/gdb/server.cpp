#include "gdb/server.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace cmma::gdb {
namespace {

using namespace std::chrono_literals;

// How long to wait for the client before looking whether the machine ends.
constexpr int nap_milliseconds = 100;
// An interrupt that no CPU has noticed is asked for again.
constexpr auto ask_again = 100ms;
// A client that says again and again that our packets are broken is not one.
constexpr int most_resent = 5;

constexpr const char* gone = "gdb: the client is gone, the guest goes on";

constexpr cmma_gdb_go free_run{CMMA_GDB_GO, 0, 0};

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::open(unsigned port, bool listener,
                                                                 const cmma_gdb_machine& machine) {
  auto connection = Connection::listen(port);
  if (!connection) return std::unexpected(std::move(connection.error()));
  base::Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake.is_open()) return std::unexpected(fmt::format("eventfd: {}", std::strerror(errno)));
  std::unique_ptr<Server> server{new Server(std::move(*connection), std::move(wake), machine)};
  machine.message(machine.context, fmt::format("gdb: target remote :{}", server->connection_.port()).c_str());
  if (listener) {
    server->parked_ = false;
    server->listener_ = std::thread([raw = server.get()] { raw->listen(); });
  }
  return server;
}

Server::Server(Connection connection, base::Descriptor wake, const cmma_gdb_machine& machine)
    : machine_(machine), connection_(std::move(connection)), wake_(std::move(wake)) {
  orders_.fill(free_run);
}

Server::~Server() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  wake_listener();
  if (listener_.joinable()) listener_.join();
}

void Server::wake_listener() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_.get(), &one, sizeof one));
}

void Server::end(int status) {
  begin_serving();
  if (session_) session_->report_end(status);
  connection_.drop_client();
  end_serving();
}

bool Server::attention() { return connection_.wait(0) != Connection::Wanted::nothing; }

void Server::listen() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (serving_) {
      parked_ = true;
      changed_.notify_all();
      changed_.wait(lock);
      continue;
    }
    parked_ = false;
    lock.unlock();
    const auto wanted = connection_.wait(-1, wake_.get());
    std::uint64_t woken = 0;
    static_cast<void>(::read(wake_.get(), &woken, sizeof woken));
    lock.lock();
    if (wanted == Connection::Wanted::nothing || serving_ || closing_) continue;
    // The CPU that serves wants the lock.
    parked_ = true;
    lock.unlock();
    machine_.interrupt(machine_.context);
    lock.lock();
    changed_.wait_for(lock, ask_again, [this] { return serving_ || closing_; });
  }
  parked_ = true;
  changed_.notify_all();
}

void Server::begin_serving() {
  std::unique_lock lock(mutex_);
  serving_ = true;
  wake_listener();
  changed_.notify_all();
  changed_.wait(lock, [this] { return parked_; });
}

void Server::end_serving() {
  {
    const std::lock_guard lock(mutex_);
    serving_ = false;
  }
  changed_.notify_all();
}

Session::Orders Server::stop(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait) {
  begin_serving();
  serve(cpu, reason, address, wait);
  end_serving();
  return orders_;
}

bool Server::welcome() {
  if (!connection_.accept()) return false;
  reader_ = PacketReader{};
  resent_ = 0;
  session_.emplace(machine_, stops_, [this](std::string_view packet) { send(packet); });
  return true;
}

// Is there a client that this stop is for? If it was only thought to want something, all goes on as it was.
bool Server::find_client(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait) {
  while (!connection_.has_client()) {
    const auto wanted = connection_.wait(wait ? nap_milliseconds : 0);
    if (wanted == Connection::Wanted::client && welcome()) {
      session_->stopped(cpu, reason, address);
      return true;
    }
    if (!wait || machine_.ending(machine_.context) != 0) return false;
  }
  if (reason == CMMA_GDB_INTERRUPT) {
    if (connection_.wait(0) != Connection::Wanted::data) return false;
    receive();
    if (!connection_.has_client()) return false;
  }
  session_->stopped(cpu, reason, address);
  session_->report_stop();
  return true;
}

void Server::serve(int cpu, cmma_gdb_reason reason, std::uint64_t address, bool wait) {
  if (!find_client(cpu, reason, address, wait)) return;
  while (connection_.has_client() && machine_.ending(machine_.context) == 0) {
    while (const auto event = reader_.next()) {
      if (goes_on(*event)) return;
    }
    if (connection_.wait(nap_milliseconds) == Connection::Wanted::data) receive();
  }
  if (connection_.has_client()) {
    orders_.fill(free_run);
  } else {
    forget_client(gone);
  }
}

void Server::receive() {
  reader_.add(connection_.receive());
  if (!connection_.has_client()) forget_client(gone);
}

void Server::forget_client(const char* why) {
  connection_.drop_client();
  session_.reset();
  stops_.clear();
  orders_.fill(free_run);
  machine_.message(machine_.context, why);
}

bool Server::goes_on(const Event& event) {
  const bool acknowledges = !session_->without_acknowledgement();
  switch (event.kind) {
    case Event::Kind::packet:
      if (acknowledges) connection_.send("+");
      switch (session_->handle(event.text)) {
        case Session::Next::stay:
          if (connection_.has_client()) return false;
          forget_client(gone);
          return true;
        case Session::Next::go:
          orders_ = session_->orders();
          return true;
        case Session::Next::detach:
          forget_client("gdb: detached, the guest goes on");
          return true;
        case Session::Next::kill:
          orders_ = {};
          connection_.drop_client();
          session_.reset();
          stops_.clear();
          machine_.kill(machine_.context);
          return true;
      }
      return false;
    case Event::Kind::bad:
      if (acknowledges) connection_.send("-");
      return false;
    case Event::Kind::too_long:
      if (acknowledges) connection_.send("+");
      send("E01");
      return false;
    case Event::Kind::nak:
      if (++resent_ > most_resent) {
        forget_client(gone);
        return true;
      }
      connection_.send(last_sent_);
      return false;
    case Event::Kind::ack:
      resent_ = 0;
      return false;
    case Event::Kind::interrupt:
      // The guest has stopped already.
      return false;
  }
  return false;
}

void Server::send(std::string_view packet) {
  last_sent_ = frame(packet);
  connection_.send(last_sent_);
}

}  // namespace cmma::gdb
