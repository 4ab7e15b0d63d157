// none: nothing is taken before it must be. Only when no frame is free and the guest cannot go on without
// one do blocks leave, in the order of their addresses from where the last one left. What then happens
// to them is what their state demands, as with every policy.
#include "host/policy/makers.hpp"
#include "host/policy/pick_list.hpp"

namespace cmma::host {
namespace {

class None final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "none"; }

  void pick(BlockView& blocks, std::size_t want, Urgency urgency,
            std::vector<std::uint64_t>& victims) override {
    if (urgency != Urgency::forced) return;
    PickList list(blocks, want, victims);
    hand_.lap(blocks, list, [&](std::uint64_t block, std::uint8_t /*byte*/) { list.offer(block); });
  }

 private:
  Hand hand_;
};

}  // namespace

std::unique_ptr<Policy> make_none(std::uint64_t /*seed*/) { return std::make_unique<None>(); }

}  // namespace cmma::host
