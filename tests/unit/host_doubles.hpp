// Doubles of what the host sees of the world: an operating system in memory into which faults can be put,
// and a machine whose instructions are function calls.
//
// Who uses it: the unit tests of the host and the fuzzers.
#ifndef CMMA_TESTS_HOST_DOUBLES_HPP
#define CMMA_TESTS_HOST_DOUBLES_HPP

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cmma/cmma.h"
#include "host/host.hpp"
#include "host/os.hpp"
#include "state/block_state.hpp"

namespace cmma::test {

inline constexpr std::size_t block_size = CMMA_BLOCK_SIZE;

// What is left in a block that has been taken away: whoever uses it then is found out.
inline constexpr std::uint8_t poison = 0xdb;

// Counts and faults of FakeOs; outlives it, so that a test can look after the host has gone.
struct Outside {
  bool demand = true;
  // -1: never. Otherwise that many calls succeed and the next ones fail with the error.
  int writes_until_error = -1;
  int reads_until_error = -1;
  int places_until_error = -1;
  int error = EIO;
  std::size_t longest_write = SIZE_MAX;  // a longer one is cut short
  std::size_t longest_read = SIZE_MAX;
  std::vector<std::uint8_t> file;
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
  std::uint64_t releases = 0;
  std::uint64_t holes = 0;
  std::string opened;
};

class FakeOs final : public host::Os {
 public:
  explicit FakeOs(Outside& outside) : outside_(outside) {}

  std::expected<std::uint8_t*, int> map_storage(std::size_t bytes) override {
    storage_ = static_cast<std::uint8_t*>(std::aligned_alloc(block_size, bytes));
    std::memset(storage_, outside_.demand ? poison : 0, bytes);
    present_.assign(bytes / block_size, false);
    return storage_;
  }
  FakeOs(const FakeOs&) = delete;
  FakeOs& operator=(const FakeOs&) = delete;
  ~FakeOs() override { std::free(storage_); }

  void answer_in_place(std::function<void(std::size_t)>) override {}
  std::expected<void, std::string> forked() override { return {}; }

  [[nodiscard]] bool demand() const override { return outside_.demand; }
  [[nodiscard]] std::string demand_note() const override { return "switched off by the test"; }

  int place(std::size_t offset, std::span<const std::uint8_t> content) override {
    if (outside_.places_until_error == 0) return outside_.error;
    if (outside_.places_until_error > 0) --outside_.places_until_error;
    const std::scoped_lock lock(mutex_);
    if (outside_.demand && present_.at(offset / block_size)) return EEXIST;
    present_.at(offset / block_size) = true;
    std::memcpy(storage_ + offset, content.data(), content.size());
    changed_.notify_all();
    return 0;
  }

  int release(std::size_t offset, std::size_t bytes) override {
    ++outside_.releases;
    const std::scoped_lock lock(mutex_);
    for (std::size_t at = offset; at < offset + bytes; at += block_size) {
      if (outside_.demand && !present_.at(at / block_size)) throw std::logic_error("released twice");
      present_.at(at / block_size) = false;
    }
    std::memset(storage_ + offset, outside_.demand ? poison : 0, bytes);
    return 0;
  }

  void wake(std::size_t, std::size_t) override {
    const std::scoped_lock lock(mutex_);
    ++wakes_;
    changed_.notify_all();
  }

  std::optional<std::size_t> wait_fault() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !faults_.empty(); });
    if (faults_.empty()) return std::nullopt;
    const std::size_t offset = faults_.front();
    faults_.pop_front();
    return offset;
  }

  void stop_faults() override {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  std::expected<void, std::string> open_file(const std::string& path) override {
    outside_.opened = path;
    return {};
  }

  std::expected<std::size_t, int> read_file(std::uint64_t offset, std::span<std::uint8_t> to) override {
    ++outside_.reads;
    if (outside_.reads_until_error == 0) return std::unexpected(outside_.error);
    if (outside_.reads_until_error > 0) --outside_.reads_until_error;
    const std::uint64_t size = outside_.file.size();
    const std::size_t length =
        std::min({to.size(), outside_.longest_read, static_cast<std::size_t>(size - std::min(size, offset))});
    std::copy_n(outside_.file.begin() + static_cast<std::ptrdiff_t>(std::min(size, offset)), length,
                to.begin());
    return length;
  }

  std::expected<std::size_t, int> write_file(std::uint64_t offset,
                                             std::span<const std::uint8_t> from) override {
    ++outside_.writes;
    if (outside_.writes_until_error == 0) return std::unexpected(outside_.error);
    if (outside_.writes_until_error > 0) --outside_.writes_until_error;
    const std::size_t length = std::min(from.size(), outside_.longest_write);
    if (outside_.file.size() < offset + length) outside_.file.resize(offset + length);
    std::copy_n(from.begin(), length, outside_.file.begin() + static_cast<std::ptrdiff_t>(offset));
    return length;
  }

  void punch_file(std::uint64_t offset, std::uint64_t bytes) override {
    ++outside_.holes;
    const std::uint64_t end = std::min<std::uint64_t>(offset + bytes, outside_.file.size());
    for (std::uint64_t at = offset; at < end; ++at) outside_.file[at] = 0;
  }

  std::uint64_t now() override { return 0; }
  std::uint64_t random() override { return 42; }

  // ---- for tests ----
  [[nodiscard]] bool present(std::uint64_t block) {
    const std::scoped_lock lock(mutex_);
    return present_.at(block);
  }

  // An access that nobody announced: waits, as a thread in a page fault does, until the page is there.
  std::uint8_t stray_read(std::uint64_t block) {
    std::unique_lock lock(mutex_);
    while (!present_.at(block)) {
      faults_.push_back(block * block_size);
      changed_.notify_all();
      const std::uint64_t seen = wakes_;
      changed_.wait(lock, [&] { return present_.at(block) || wakes_ != seen; });
    }
    return storage_[block * block_size];
  }

  // Wake whoever waits for a page that is there: as if two threads had touched it at once.
  void report_fault(std::uint64_t block) {
    const std::scoped_lock lock(mutex_);
    faults_.push_back(block * block_size);
    changed_.notify_all();
  }

 private:
  Outside& outside_;
  std::uint8_t* storage_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> present_;
  std::deque<std::size_t> faults_;
  std::uint64_t wakes_ = 0;
  bool stopped_ = false;
};

// CPUs are threads that call `instruction`. A state byte is looked at for each access, so no CPU holds a
// translation beyond an instruction.
class FakeMachine {
 public:
  explicit FakeMachine(std::uint64_t blocks) : changed_(blocks), exempt_(blocks) {}

  // Run `body` as one instruction: nothing is taken away meanwhile, unless it asks for a frame itself.
  template <typename Body>
  void instruction(Body body) {
    running_.lock_shared();
    in_instruction() = true;
    body();
    in_instruction() = false;
    running_.unlock_shared();
  }

  void set_changed(std::uint64_t block, bool on = true) { changed_.at(block).value.store(on); }
  [[nodiscard]] bool is_changed(std::uint64_t block) const { return changed_.at(block).value.load(); }
  void set_exempt(std::uint64_t block, bool on = true) { exempt_.at(block).value.store(on); }

  [[nodiscard]] cmma_machine table() {
    return {.context = this,
            .changed = [](void* self, std::uint64_t block) { return of(self).is_changed(block) ? 1 : 0; },
            .reset_reference_change =
                [](void* self, std::uint64_t block) {
                  of(self).set_changed(block, false);
                  ++of(self).key_resets;
                },
            .exempt = [](void* self,
                         std::uint64_t block) { return of(self).exempt_.at(block).value.load() ? 1 : 0; },
            .quiesce = [](void* self, int cpu) { of(self).quiesce(cpu); },
            .resume = [](void* self, int cpu) { of(self).resume(cpu); },
            .request_reclaim = [](void* self, int) { ++of(self).reclaim_requests; },
            .instructions = [](void*, int cpu) { return 100 + static_cast<std::uint64_t>(cpu); },
            .message =
                [](void* self, const char* line) {
                  of(self).messages.emplace_back(line);
                  ++of(self).message_count;
                },
            .fail =
                [](void* self, const char* line) {
                  of(self).failures.emplace_back(line);
                  ++of(self).failure_count;
                },
            .event = [](void* self, int, unsigned, std::uint64_t block, unsigned,
                        unsigned to) { of(self).last_event = block << 8 | to; }};
  }

  std::atomic<int> key_resets{0};
  std::atomic<int> reclaim_requests{0};
  std::atomic<int> quiesces{0};
  // A message of the pager may come at any time: look at its count first.
  std::atomic<std::size_t> message_count{0};
  std::atomic<std::uint64_t> last_event{0};  // block << 8 | new state byte
  std::atomic<std::size_t> failure_count{0};
  std::vector<std::string> messages;
  std::vector<std::string> failures;

 private:
  struct Flag {
    std::atomic<bool> value{false};
  };

  static FakeMachine& of(void* self) { return *static_cast<FakeMachine*>(self); }
  static bool& in_instruction() {
    static thread_local bool flag = false;
    return flag;
  }

  void quiesce(int) {
    if (in_instruction()) running_.unlock_shared();
    running_.lock();
    ++quiesces;
  }

  void resume(int) {
    running_.unlock();
    if (in_instruction()) running_.lock_shared();
  }

  std::vector<Flag> changed_;
  std::vector<Flag> exempt_;
  std::shared_mutex running_;
};

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
  std::uint64_t essa(std::uint64_t block, unsigned orc, int cpu = 0) const {
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
