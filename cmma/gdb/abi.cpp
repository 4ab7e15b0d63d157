// The C interface of the gdb server. No exception leaves it: but for cmma_gdb_open, where there is somebody
// to tell, the only one is that memory has run out, and it ends the process.
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "cmma/gdb.h"
#include "gdb/server.hpp"
#include "gdb/translate.hpp"

using cmma::gdb::Server;

struct cmma_gdb {
  std::unique_ptr<Server> server;
};

namespace {

void report(std::string_view line, char* error, std::size_t error_size) {
  if (error == nullptr || error_size == 0) return;
  error[line.copy(error, error_size - 1)] = '\0';
}

bool is_complete(const cmma_gdb_machine* machine) {
  return machine != nullptr && machine->cpus != nullptr && machine->state != nullptr &&
         machine->get_registers != nullptr && machine->set_registers != nullptr && machine->peek != nullptr &&
         machine->poke != nullptr && machine->command != nullptr && machine->instructions != nullptr &&
         machine->stop_at != nullptr && machine->interrupt != nullptr && machine->ending != nullptr &&
         machine->kill != nullptr && machine->message != nullptr;
}

}  // namespace

extern "C" {

cmma_gdb* cmma_gdb_open(unsigned port, int listener, const struct cmma_gdb_machine* machine, char* error,
                        std::size_t error_size) {
  if (!is_complete(machine)) {
    report("the machine table is not complete", error, error_size);
    return nullptr;
  }
  try {
    auto server = Server::open(port, listener != 0, *machine);
    if (server) return new cmma_gdb{std::move(*server)};
    report(server.error(), error, error_size);
  } catch (const std::exception& exception) {
    report(exception.what(), error, error_size);
  }
  return nullptr;
}

void cmma_gdb_close(cmma_gdb* gdb, int status) {
  if (gdb == nullptr) return;
  gdb->server->end(status);
  delete gdb;
}

int cmma_gdb_attention(cmma_gdb* gdb) { return gdb->server->attention() ? 1 : 0; }

void cmma_gdb_stop(cmma_gdb* gdb, int cpu, enum cmma_gdb_reason reason, std::uint64_t address, int wait,
                   struct cmma_gdb_go* go) {
  const auto orders = gdb->server->stop(cpu, reason, address, wait != 0);
  for (const cmma_gdb_go& order : orders) *go++ = order;
}

int cmma_gdb_has_breakpoints(const cmma_gdb* gdb) { return gdb->server->stops().has_breakpoints() ? 1 : 0; }

int cmma_gdb_has_watchpoints(const cmma_gdb* gdb) { return gdb->server->stops().has_watchpoints() ? 1 : 0; }

int cmma_gdb_breaks_at(const cmma_gdb* gdb, std::uint64_t address) {
  return gdb->server->stops().breaks_at(address) ? 1 : 0;
}

int cmma_gdb_breaks_in_page(const cmma_gdb* gdb, std::uint64_t address) {
  return gdb->server->stops().breaks_in_page(address) ? 1 : 0;
}

int cmma_gdb_watches(const cmma_gdb* gdb, std::uint64_t first, std::uint64_t last, int is_write,
                     std::uint64_t* address) {
  const auto hit = gdb->server->stops().watches(first, last, is_write != 0);
  if (hit) *address = hit->first;
  return hit ? 1 : 0;
}

int cmma_gdb_watches_page(const cmma_gdb* gdb, std::uint64_t first, std::uint64_t last) {
  return gdb->server->stops().watches_page(first, last) ? 1 : 0;
}

int cmma_gdb_translate(const struct cmma_gdb_machine* machine, const struct cmma_gdb_registers* registers,
                       std::uint64_t address, std::uint64_t* absolute) {
  const auto found = cmma::gdb::translate(*machine, *registers, address);
  if (found) *absolute = *found;
  return found ? 1 : 0;
}

}  // extern "C"
