// storm: a block goes the moment the guest says it may: an unused one, a volatile one, a potentially
// volatile one that is clean. The hardest test of a guest. For the rest it is like clock.
#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"
#include "state/transitions.hpp"

namespace cmma::host {
namespace {

class Storm final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "storm"; }

  void pick(BlockView& blocks, std::size_t want, Urgency /*urgency*/,
            std::vector<std::uint64_t>& victims) override {
    PickList list(blocks, want, victims);
    hand_.second_chance(blocks, list);
  }

  [[nodiscard]] bool takes_at_once(std::uint8_t state, bool changed) const override {
    return state::is_discardable(state, changed);
  }

 private:
  Hand hand_;
};

}  // namespace

std::unique_ptr<Policy> make_storm(std::uint64_t /*seed*/) { return std::make_unique<Storm>(); }

}  // namespace cmma::host
