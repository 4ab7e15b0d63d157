// clock: the second-chance algorithm, the same for all states. The default: it makes no use of what the
// guest says when it chooses, only when it takes away, and so it is what the others are compared with.
#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"

namespace cmma::host {
namespace {

class Clock final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "clock"; }

  void pick(BlockView& blocks, std::size_t want, Urgency /*urgency*/,
            std::vector<std::uint64_t>& victims) override {
    PickList list(blocks, want, victims);
    hand_.second_chance(blocks, list);
  }

 private:
  Hand hand_;
};

}  // namespace

std::unique_ptr<Policy> make_clock(std::uint64_t /*seed*/) { return std::make_unique<Clock>(); }

}  // namespace cmma::host
