// state-first: what costs nothing goes first. Unused blocks, then blocks that may be discarded (volatile,
// and clean potentially volatile), and only then the others, by second chance.
#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"
#include "state/transitions.hpp"

namespace cmma::host {
namespace {

class StateFirst final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "state-first"; }

  void pick(BlockView& blocks, std::size_t want, Urgency /*urgency*/,
            std::vector<std::uint64_t>& victims) override {
    PickList list(blocks, want, victims);
    // One lap finds both: the unused go at once, the discardable wait until it is known that the unused
    // are not enough.
    discardable_.clear();
    free_hand_.lap(blocks, list, [&](std::uint64_t block, std::uint8_t byte) {
      if (!state::is_resident(byte)) return;
      switch (state::usage_of(byte)) {
        case state::Usage::stable:
          return;
        case state::Usage::unused:
          list.offer(block);
          return;
        case state::Usage::volatile_:
        case state::Usage::potential:
          if (discardable_.size() < want) add_if_discardable(blocks, list, block, byte);
          return;
      }
    });
    for (const std::uint64_t block : discardable_) list.offer(block);
    clock_hand_.second_chance(blocks, list);
  }

 private:
  void add_if_discardable(const BlockView& blocks, const PickList& list, std::uint64_t block,
                          std::uint8_t byte) {
    const bool asks = state::usage_of(byte) == state::Usage::potential;
    if (!list.accepts(block)) return;
    if (state::is_discardable(byte, asks && blocks.changed(block))) discardable_.push_back(block);
  }

  Hand free_hand_;
  Hand clock_hand_;
  std::vector<std::uint64_t> discardable_;
};

}  // namespace

std::unique_ptr<Policy> make_state_first(std::uint64_t /*seed*/) { return std::make_unique<StateFirst>(); }

}  // namespace cmma::host
