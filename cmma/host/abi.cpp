// The C ABI: checks what a C caller can get wrong, and lets no exception out.
//
// cmma_open reports an exception as its error. Later there is none but that memory has run out; neither
// the guest nor the machine could go on, so the process ends with a message.
#include "cmma/cmma.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "host/abi.hpp"

using cmma::host::Host;

namespace {

void report(std::string_view line, char* error, std::size_t error_size) {
  if (error == nullptr || error_size == 0) return;
  const std::size_t length = line.copy(error, error_size - 1);
  error[length] = '\0';
}

bool is_complete(const cmma_machine* machine) {
  return machine != nullptr && machine->changed != nullptr && machine->reset_reference_change != nullptr &&
         machine->exempt != nullptr && machine->quiesce != nullptr && machine->resume != nullptr &&
         machine->request_reclaim != nullptr && machine->instructions != nullptr &&
         machine->message != nullptr && machine->fail != nullptr;
}

cmma_host* open_host(const char* options, std::uint64_t bytes, const cmma_machine* machine, char* error,
                     std::size_t error_size) {
  if (!is_complete(machine)) {
    report("the machine table is not complete", error, error_size);
    return nullptr;
  }
  auto host = Host::open(options == nullptr ? "" : options, bytes, *machine, cmma::host::make_linux_os());
  if (!host) {
    report(host.error(), error, error_size);
    return nullptr;
  }
  return new cmma_host{std::move(*host)};
}

// Call `print` for each line of `text`.
void print_lines(std::string_view text, void (*print)(void*, const char*), void* context) {
  while (!text.empty()) {
    const std::string line{text.substr(0, text.find('\n'))};
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    print(context, line.c_str());
  }
}

// No exception leaves `body`: the runtime ends the process and says what was thrown.
template <typename Body>
auto enclose(Body body) noexcept {
  return body();
}

}  // namespace

extern "C" {

cmma_host* cmma_open(const char* options, std::uint64_t bytes, const struct cmma_machine* machine,
                     char* error, std::size_t error_size) {
  try {
    return open_host(options, bytes, machine, error, error_size);
  } catch (const std::exception& exception) {
    report(exception.what(), error, error_size);
    return nullptr;
  }
}

void cmma_close(cmma_host* host) {
  if (host == nullptr) return;
  enclose([&] {
    host->host->write_reports();
    delete host;
  });
}

std::uint8_t* cmma_main_storage(cmma_host* host) { return host->host->storage(); }

std::uint8_t* cmma_states(cmma_host* host) { return host->host->states(); }

cmma_result cmma_access(cmma_host* host, std::uint64_t address, int cpu) {
  return enclose([&] { return host->host->access(address, cpu); });
}

cmma_result cmma_essa(cmma_host* host, int cpu, std::uint64_t r2, unsigned orc, std::uint64_t* r1) {
  return enclose([&] { return host->host->essa(cpu, r2, orc, *r1); });
}

cmma_result cmma_read(cmma_host* host, std::uint64_t address, void* to, std::size_t length,
                      std::size_t* done) {
  std::size_t copied = 0;
  const std::span<std::uint8_t> buffer{static_cast<std::uint8_t*>(to), length};
  const cmma_result result = enclose([&] { return host->host->read(address, buffer, copied); });
  if (done != nullptr) *done = copied;
  return result;
}

cmma_result cmma_write(cmma_host* host, std::uint64_t address, const void* from, std::size_t length,
                       std::size_t* done) {
  std::size_t copied = 0;
  const std::span<const std::uint8_t> buffer{static_cast<const std::uint8_t*>(from), length};
  const cmma_result result = enclose([&] { return host->host->write(address, buffer, copied); });
  if (done != nullptr) *done = copied;
  return result;
}

int cmma_peek(cmma_host* host, std::uint64_t address, void* to, std::size_t length) {
  const std::span<std::uint8_t> buffer{static_cast<std::uint8_t*>(to), length};
  return enclose([&] { return host->host->peek(address, buffer) ? 1 : 0; });
}

int cmma_forked(cmma_host* host, char* error, std::size_t error_size) {
  return enclose([&] {
    const auto outcome = host->host->forked();
    if (!outcome) report(outcome.error(), error, error_size);
    return outcome ? 0 : 1;
  });
}

cmma_mutant cmma_broken_rule(const cmma_host* host) { return host->host->options().mutant; }

int cmma_looks_at_invariants(const cmma_host* host) { return host->host->options().invariants ? 1 : 0; }

void cmma_not_nullified(cmma_host* host, std::uint64_t address, std::uint64_t instruction, const char* what) {
  enclose([&] { host->host->see_not_nullified(address >> CMMA_BLOCK_SHIFT, instruction, what); });
}

int cmma_reclaim_wanted(const cmma_host* host) { return host->host->reclaim_wanted() ? 1 : 0; }

void cmma_reclaim(cmma_host* host, int cpu) {
  enclose([&] { host->host->reclaim(cpu); });
}

cmma_result cmma_release(cmma_host* host, int cpu, std::uint64_t first, std::uint64_t last) {
  return enclose([&] { return host->host->release(cpu, first, last); });
}

void cmma_reset(cmma_host* host, int clear) {
  enclose([&] { host->host->reset(clear != 0); });
}

int cmma_command(cmma_host* host, const char* command, void (*print)(void* context, const char* line),
                 void* context) {
  return enclose([&] {
    const Host::Answer answer = host->host->command(command == nullptr ? "" : command);
    if (print != nullptr) print_lines(answer.text, print, context);
    return answer.done ? 0 : 1;
  });
}

}  // extern "C"
