// Replacement policies: which resident blocks leave main storage, and in which order.
//
// Who may call it: the host's reclaim code, with the host's lock held. A policy has no lock of its own.
// A policy only picks. What happens to a victim (page out, discard, drop) follows from its state alone,
// see state/transitions.hpp.
//
// Invariants
//   L1  pick() appends resident, eligible blocks only, none twice in one call, and at most `want`.
//   L2  pick() ends after a bounded number of laps over the blocks, whether or not it finds any.
//   L3  A policy changes nothing of a block but its OLD bit, and only through BlockView::mark_old.
//   L4  The same calls on the same states give the same victims with every compiler (random: same seed).
#ifndef CMMA_HOST_POLICY_POLICY_HPP
#define CMMA_HOST_POLICY_POLICY_HPP

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::host {

// What a policy may see of main storage. The host derives from it and answers the two questions that the
// state byte does not; they are asked of candidates only, so a virtual call is cheap enough.
class BlockView {
 public:
  explicit BlockView(std::span<std::uint8_t> states) : states_(states) {}
  BlockView(const BlockView&) = delete;
  BlockView& operator=(const BlockView&) = delete;
  virtual ~BlockView() = default;

  [[nodiscard]] std::size_t size() const { return states_.size(); }
  [[nodiscard]] std::uint8_t load(std::uint64_t block) const;
  void mark_old(std::uint64_t block);

  // May the block be taken away now? False for a pinned block and for one in a prefix area (A8).
  [[nodiscard]] virtual bool eligible(std::uint64_t block) const = 0;
  // The change bit of the block's storage key (A20).
  [[nodiscard]] virtual bool changed(std::uint64_t block) const = 0;

 private:
  std::span<std::uint8_t> states_;
};

enum class Urgency : std::uint8_t {
  background,  // free frames run low
  forced,      // no frame is free and the guest cannot go on without one
};

class Policy {
 public:
  Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  virtual ~Policy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  // Append at most `want` victims, best first. Fewer means: this policy has no more to offer.
  virtual void pick(BlockView& blocks, std::size_t want, Urgency urgency,
                    std::vector<std::uint64_t>& victims) = 0;

  // Asked when ESSA has given a block the state `state`: take it away without waiting for a shortage?
  // `changed` is the block's change bit; only a potentially volatile block depends on it.
  [[nodiscard]] virtual bool takes_at_once(std::uint8_t state, bool changed) const;

  // Asked when a block is about to be discarded at once: leave it for an ordinary shortage? With the host's
  // mutex held.
  [[nodiscard]] virtual bool spares();

  // A CPU finds out that a block is gone: by a discard fault, or because ESSA could not make the block
  // stable. From any thread, without the mutex.
  virtual void saw_miss();
};

// The names of the policies, in the order in which help texts list them.
[[nodiscard]] std::span<const std::string_view> policy_names();

// `seed` matters to `random` and `storm`. The error says which names there are.
[[nodiscard]] std::expected<std::unique_ptr<Policy>, std::string> make_policy(std::string_view name,
                                                                              std::uint64_t seed);

}  // namespace cmma::host
#endif
