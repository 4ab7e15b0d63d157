// A host between its two doubles, fake_os.hpp and fake_machine.hpp, and what tests often do with it.
//
// Who uses it: the unit tests of the host and the fuzzers.
#ifndef CMMA_TESTS_HOST_RIG_HPP
#define CMMA_TESTS_HOST_RIG_HPP

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "cmma/cmma.h"
#include "fake_machine.hpp"
#include "fake_os.hpp"
#include "host/host.hpp"
#include "host/os.hpp"
#include "state/block_state.hpp"

namespace cmma::test {

// A host with its doubles, or with the real operating system.
class Rig {
 public:
  explicit Rig(const std::string& options, std::uint64_t blocks = 64, bool real_os = false)
      : machine(blocks) {
    std::unique_ptr<host::Os> os;
    if (real_os) {
      os = host::make_linux_os();
    } else {
      auto fake_os = std::make_unique<FakeOs>(outside);
      fake = fake_os.get();
      os = std::move(fake_os);
    }
    open(options, blocks, std::move(os));
  }
  // Faults from the start.
  Rig(const std::string& options, std::uint64_t blocks, Outside faults)
      : outside(std::move(faults)), machine(blocks) {
    auto fake_os = std::make_unique<FakeOs>(outside);
    fake = fake_os.get();
    open(options, blocks, std::move(fake_os));
  }

  [[nodiscard]] host::Host& operator*() const { return *host; }
  [[nodiscard]] host::Host* operator->() const { return host.get(); }

  [[nodiscard]] state::Byte byte(std::uint64_t block) const {
    return std::atomic_ref(host->states()[block]).load();
  }
  [[nodiscard]] state::Pair pair(std::uint64_t block) const { return state::pair_of(byte(block)); }
  [[nodiscard]] std::uint8_t* at(std::uint64_t block) const { return host->storage() + block * block_size; }

  [[nodiscard]] cmma_result access(std::uint64_t block, int cpu = 0) const {
    return host->access(block * block_size, cpu);
  }

  // The result register; the request must be done.
  std::uint64_t essa(std::uint64_t block, unsigned orc, int cpu = 0) {
    std::uint64_t r1 = ~std::uint64_t{0};
    const cmma_result result = host->essa(cpu, block * block_size, orc, r1);
    if (result != CMMA_DONE) throw std::runtime_error("ESSA was not done");
    return r1;
  }

  // A store of a CPU: the access, the change bit, the content.
  void store(std::uint64_t block, std::uint8_t value) {
    if (access(block) != CMMA_DONE) throw std::runtime_error("the access was not done");
    machine.set_changed(block);
    std::memset(at(block), value, block_size);
  }

  // An access that nobody announced; when it returns, the pager has done all that belongs to it but telling
  // the machine.
  [[nodiscard]] std::uint8_t stray(std::uint64_t block) const {
    const std::uint8_t value = fake->stray_read(block);
    await_pager();
    return value;
  }
  void await_pager() const { (void)host->slots_in_use(); }  // it needs the same mutex

  [[nodiscard]] bool command(const std::string& verb, std::uint64_t block) const {
    return host->command(fmt::format("{} {:#x}", verb, block * block_size)).done;
  }

  // Bring a block that is Sz into the pair, with `value` as its content where it has one.
  void bring(std::uint64_t block, state::Pair to, std::uint8_t value = 0x5a) {
    using enum state::Pair;
    if (to != Sz && to != Uz && to != Vz) store(block, value);
    switch (to) {
      case Sr:
      case Sz:
        break;
      case Sp:
        if (!command("pageout", block)) throw std::runtime_error("no page-out");
        break;
      case Ur:
      case Uz:
        essa(block, 2);
        break;
      case Vr:
      case Vz:
        essa(block, 3);
        break;
      case Pr:
        essa(block, 4);
        break;
    }
    if (pair(block) != to) throw std::runtime_error("the block is in " + state::to_text(byte(block)));
  }

  Outside outside;
  FakeMachine machine;
  FakeOs* fake = nullptr;
  std::unique_ptr<host::Host> host;

 private:
  void open(const std::string& options, std::uint64_t blocks, std::unique_ptr<host::Os> os) {
    auto opened = host::Host::open(options, blocks * block_size, machine.table(), std::move(os));
    if (!opened) throw std::runtime_error(opened.error());
    host = std::move(*opened);
  }
};

}  // namespace cmma::test
#endif
