// The victims of one pick() call, and the hand that walks over main storage from call to call.
//
// Who may use it: the policies in this folder. It keeps L1 (policy.hpp) for all of them.
#ifndef CMMA_HOST_POLICY_PICK_LIST_HPP
#define CMMA_HOST_POLICY_PICK_LIST_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/policy/policy.hpp"
#include "state/block_state.hpp"

namespace cmma::host {

class PickList {
 public:
  PickList(const BlockView& blocks, std::size_t want, std::vector<std::uint64_t>& victims)
      : blocks_(blocks), victims_(victims), full_size_(victims.size() + want), seen_(blocks.size()) {}

  [[nodiscard]] bool full() const { return victims_.size() >= full_size_; }

  // Could the block be added? It is resident, not on the list, and may be taken away.
  [[nodiscard]] bool accepts(std::uint64_t block) const {
    return state::is_resident(blocks_.load(block)) && !seen_[block] && blocks_.eligible(block);
  }

  // Add the block if the list has room and accepts it.
  void offer(std::uint64_t block) {
    if (full() || !accepts(block)) return;
    seen_[block] = true;
    victims_.push_back(block);
  }

 private:
  const BlockView& blocks_;
  std::vector<std::uint64_t>& victims_;
  std::size_t full_size_;
  std::vector<bool> seen_;  // by block
};

// Goes round main storage in address order and remembers where it stopped.
class Hand {
 public:
  // Visit every block once, unless the list is full before: visit(block, state byte).
  template <class Visit>
  void lap(const BlockView& blocks, const PickList& list, Visit visit) {
    for (std::size_t n = 0; n < blocks.size() && !list.full(); ++n) {
      const std::uint64_t block = next_ < blocks.size() ? next_ : 0;
      next_ = block + 1;
      visit(block, blocks.load(block));
    }
  }

  // Second chance: a block that is not old is made old; one that still is when the hand comes again was
  // not referenced meanwhile and goes. In the second lap of one call that is every block.
  void second_chance(BlockView& blocks, PickList& list) {
    for (int laps = 0; laps < 2; ++laps) {
      lap(blocks, list, [&](std::uint64_t block, std::uint8_t byte) {
        if (!state::is_resident(byte)) return;
        if ((byte & state::old_bit) != 0) {
          list.offer(block);
        } else {
          blocks.mark_old(block);
        }
      });
    }
  }

 private:
  std::uint64_t next_ = 0;
};

}  // namespace cmma::host
#endif
