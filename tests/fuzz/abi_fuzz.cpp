// Feeds the C ABI with random register values, lengths and commands, and the parser of the options with
// random text. One host, on the real operating system, lives through all runs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmma/cmma.h"
#include "fake_machine.hpp"
#include "host/options.hpp"

namespace cmma::fuzz {
namespace {

constexpr std::uint64_t blocks = 64;
constexpr std::uint64_t bytes = blocks * CMMA_BLOCK_SIZE;

void require(bool holds) {
  if (!holds) std::abort();
}

class Machine {
 public:
  Machine() : machine_(blocks) {
    const cmma_machine table = machine_.table();
    std::array<char, 256> error{};
    host = cmma_open("policy=storm,seed=1", bytes, &table, error.data(), error.size());
    require(host != nullptr);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { cmma_close(host); }

  cmma_host* host = nullptr;

 private:
  test::FakeMachine machine_;
};

// A value of the input; missing bytes are 0.
std::uint64_t take(std::span<const std::uint8_t>& input, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width && !input.empty(); ++i) {
    value = value << 8 | input.front();
    input = input.subspan(1);
  }
  return value;
}

// Half of the addresses are inside or near main storage.
std::uint64_t take_address(std::span<const std::uint8_t>& input) {
  return take(input, 1) % 2 == 0 ? take(input, 8)
                                 : take(input, 3) % (bytes + std::uint64_t{3} * CMMA_BLOCK_SIZE);
}

void check_bounds(cmma_result result, bool inside) {
  require(inside == (result != CMMA_ADDRESSING));
  require(result != CMMA_FAILED);
}

void copy(cmma_host* host, bool reads, std::uint64_t address, std::size_t length) {
  std::vector<std::uint8_t> buffer(length);
  std::size_t done = ~std::size_t{0};
  const cmma_result result = reads ? cmma_read(host, address, buffer.data(), length, &done)
                                   : cmma_write(host, address, buffer.data(), length, &done);
  check_bounds(result, address <= bytes && length <= bytes - address);
  require(done <= length && (done == length) == (result == CMMA_DONE || length == 0));
}

void one(cmma_host* host, std::span<const std::uint8_t>& input) {
  const std::uint64_t kind = take(input, 1);
  switch (kind % 8) {
    case 0: {
      std::uint64_t r1 = 0x5555;
      const std::uint64_t r2 = take_address(input);
      const auto orc = static_cast<unsigned>(take(input, kind < 128 ? 1 : 4));
      const cmma_result result = cmma_essa(host, static_cast<int>(kind & 1), r2, orc, &r1);
      require((result == CMMA_SPECIFICATION) == (orc > 7));
      if (orc <= 7) check_bounds(result, r2 < bytes);
      require(result == CMMA_DONE ? (r1 & ~std::uint64_t{CMMA_STATE_ESSA}) == 0 : r1 == 0x5555);
      return;
    }
    case 1: {
      const std::uint64_t address = take_address(input);
      const cmma_result result = cmma_access(host, address, 0);
      check_bounds(result, address < bytes);
      if (result == CMMA_DONE) cmma_main_storage(host)[address] = static_cast<std::uint8_t>(kind);
      return;
    }
    case 2:
    case 3:
      return copy(host, kind % 2 == 0, take_address(input), take(input, 2));
    case 4: {
      const std::uint64_t first = take(input, kind < 128 ? 1 : 8);
      const std::uint64_t last = take(input, kind < 128 ? 1 : 8);
      check_bounds(cmma_release(host, 0, first, last), first <= last && last < blocks);
      return;
    }
    case 5:
      return cmma_reset(host, static_cast<int>(kind >> 7));
    case 6:
      if (cmma_reclaim_wanted(host) != 0) cmma_reclaim(host, 0);
      return;
    default: {
      const std::size_t length = std::min<std::size_t>(input.size(), kind / 8);
      const std::string command(reinterpret_cast<const char*>(input.data()), length);
      input = input.subspan(length);
      (void)cmma_command(host, command.c_str(), [](void*, const char*) {}, nullptr);
      return;
    }
  }
}

}  // namespace
}  // namespace cmma::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cmma::fuzz::Machine machine;
  std::span<const std::uint8_t> input{data, size};
  (void)cmma::host::parse_options({reinterpret_cast<const char*>(data), size});
  while (!input.empty()) cmma::fuzz::one(machine.host, input);
  for (std::uint64_t block = 0; block < cmma::fuzz::blocks; ++block) {
    cmma::fuzz::require(cmma::state::is_valid_pair(cmma_states(machine.host)[block]));
  }
  return 0;
}
