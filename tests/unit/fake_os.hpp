// An operating system in memory into which faults can be put, as the host sees one.
//
// Who uses it: the unit tests of the host and the fuzzers, most of them through host_rig.hpp.
#ifndef CMMA_TESTS_FAKE_OS_HPP
#define CMMA_TESTS_FAKE_OS_HPP

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "cmma/cmma.h"
#include "host/os.hpp"

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

}  // namespace cmma::test
#endif
