// random: every resident block is as likely as any other, whatever its state. Finds what a policy with a
// pattern never does, and the seed brings it back.
#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"
#include "host/policy/split_mix.hpp"

namespace cmma::host {
namespace {

class Random final : public Policy {
 public:
  explicit Random(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::string_view name() const override { return "random"; }

  void pick(BlockView& blocks, std::size_t want, Urgency /*urgency*/,
            std::vector<std::uint64_t>& victims) override {
    if (blocks.size() == 0) return;
    PickList list(blocks, want, victims);
    while (!list.full() && offer_by_trial(blocks, list)) {
    }
    if (!list.full()) offer_from_all(blocks, list);
  }

 private:
  // Draw among all blocks until one is accepted. When one block in eight can be taken, a miss of all
  // trials has a chance of 1.4 %, and then the exact way is worth its lap.
  static constexpr int trials = 32;

  bool offer_by_trial(const BlockView& blocks, PickList& list) {
    for (int i = 0; i < trials; ++i) {
      const std::uint64_t block = random_.below(blocks.size());
      if (!list.accepts(block)) continue;
      list.offer(block);
      return true;
    }
    return false;
  }

  void offer_from_all(const BlockView& blocks, PickList& list) {
    left_.clear();
    for (std::uint64_t block = 0; block < blocks.size(); ++block) {
      if (list.accepts(block)) left_.push_back(block);
    }
    while (!list.full() && !left_.empty()) {
      std::uint64_t& drawn = left_[random_.below(left_.size())];
      list.offer(drawn);
      drawn = left_.back();
      left_.pop_back();
    }
  }

  SplitMix random_;
  std::vector<std::uint64_t> left_;
};

}  // namespace

std::unique_ptr<Policy> make_random(std::uint64_t seed) { return std::make_unique<Random>(seed); }

}  // namespace cmma::host
