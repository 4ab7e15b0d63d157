// How many frames the host has, and who may take them.
//
// Who may call it: the host, with its lock held; `used` and `low` may be read without it.
//
// Invariants
//   F1  used() <= limit(). A frame is used by a resident block, or by a ghost (pager.cpp).
//   F2  The last `spare` frames are for accesses that nobody announced: the pager cannot wait for a
//       reclaim, because the CPU that waits for the pager would have to take part in it.
//   F3  When there are at least as many frames as blocks nothing ever runs low.
#ifndef CMMA_HOST_FRAMES_HPP
#define CMMA_HOST_FRAMES_HPP

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "state/check.hpp"

namespace cmma::host {

class Frames {
 public:
  Frames() = default;
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames() = default;

  // Once, before any other function.
  void open(std::uint64_t limit, std::uint64_t blocks) {
    limit_ = std::min(limit, blocks);
    if (limit_ == blocks) return;
    // An unannounced access is rare; one instruction can make a few of them on each CPU.
    spare_ = std::min<std::uint64_t>(16, limit_ / 8);
    // One instruction may touch some hundred new blocks before the next boundary (clearing a 1 MB frame
    // touches 256); a reserve of that size makes the costly forced reclaim rare. A small host keeps a
    // quarter.
    const std::uint64_t open = limit_ - spare_;
    low_mark_ = std::min(std::max<std::uint64_t>(320, limit_ / 64), open / 4);
    high_mark_ = std::min(low_mark_ * 2 + 1, open / 2);
  }

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t spare() const { return spare_; }
  // Free for announced accesses.
  [[nodiscard]] std::uint64_t free() const {
    const std::uint64_t open = limit_ - spare_;
    return open - std::min(open, used());
  }
  // A reclaim is due / how many frames it should free.
  [[nodiscard]] bool low() const { return free() < low_mark_; }
  [[nodiscard]] std::uint64_t shortage() const { return high_mark_ - std::min(high_mark_, free()); }

  [[nodiscard]] bool take() {
    if (free() == 0) return false;
    used_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  [[nodiscard]] bool take_spare() {
    if (used() >= limit_) return false;
    used_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  void give(std::uint64_t count) {
    state::check(count <= used(), "F1: a frame is given back once");
    used_.fetch_sub(count, std::memory_order_relaxed);
  }

 private:
  std::uint64_t limit_ = 0;
  std::uint64_t spare_ = 0;
  std::uint64_t low_mark_ = 0;
  std::uint64_t high_mark_ = 0;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace cmma::host
#endif
