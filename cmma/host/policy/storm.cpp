// storm: a block goes the moment the guest says it may: an unused one, a volatile one, a potentially
// volatile one that is clean. The hardest test of a guest. For the rest it is like clock.
//
// Progress: an instruction that needs volatile blocks ends only if all of them are there at once, and a guest
// that has brought one back may make it volatile before it tries again, even before it takes the block for
// its own use. So while the guest misses blocks, a share of them, drawn from the seed, is spared.
#include <atomic>

#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"
#include "host/policy/split_mix.hpp"
#include "state/transitions.hpp"

namespace cmma::host {
namespace {

class Storm final : public Policy {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::string_view name() const override { return "storm"; }

  void pick(BlockView& blocks, std::size_t want, Urgency /*urgency*/,
            std::vector<std::uint64_t>& victims) override {
    PickList list(blocks, want, victims);
    hand_.second_chance(blocks, list);
  }

  [[nodiscard]] bool takes_at_once(std::uint8_t state, bool changed) const override {
    return state::is_discardable(state, changed);
  }

  [[nodiscard]] bool spares() override {
    if (calm_in_.load(std::memory_order_relaxed) == 0) return false;
    calm_in_.fetch_sub(1, std::memory_order_relaxed);  // the only place that counts down, under the mutex
    return random_.below(share) == 0;
  }

  void saw_miss() override { calm_in_.store(aftermath, std::memory_order_relaxed); }

 private:
  // One in so many is spared: it takes a guest four tries to get a block.
  static constexpr std::uint64_t share = 4;
  // Blocks that become volatile between a miss and the next try, at most: what a guest reads ahead,
  // and what waits in its lists.
  static constexpr std::uint32_t aftermath = 256;

  Hand hand_;
  SplitMix random_;
  std::atomic<std::uint32_t> calm_in_{0};  // blocks until nothing is spared any more
};

}  // namespace

std::unique_ptr<Policy> make_storm(std::uint64_t seed) { return std::make_unique<Storm>(seed); }

}  // namespace cmma::host
