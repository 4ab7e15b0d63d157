// What must hold of a block whatever guest and host do, looked at with each event of the block.
//
// Who may use it: the host, in a deterministic run with invariants=on. docs/scenarios.md has the list for
// users.
//
// It keeps its own notes: of each block the state that the last event left, of a block on the paging store a
// hash of what went there, of a potentially volatile block a hash of what it had when it was last known to be
// clean. So it sees what the code that it watches does not say.
//
// Threads: one. Invariants
//   N1  It changes nothing that guest or host can see.
//   N2  The first thing that was broken is kept; the others may follow from it.
#ifndef CMMA_HOST_INVARIANTS_HPP
#define CMMA_HOST_INVARIANTS_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "record/event.hpp"
#include "state/transitions.hpp"

namespace cmma::host {

struct Broken {
  std::string rule;  // "I3: a completed write to a potentially volatile block is lost": the same in every run
  std::uint64_t block = 0;
  std::string detail;  // the states before and after
};

class Invariants {
 public:
  using Byte = state::Byte;
  using Block = std::uint64_t;

  explicit Invariants(std::uint64_t blocks) : last_(blocks, state::byte_of(state::Pair::Sz)) {}

  struct Seen {
    record::EventKind kind;
    Block block;
    Byte from;
    Byte to;
    unsigned detail;  // of ESSA: the ORC
    std::span<const std::uint8_t>
        content;    // of a block that has or had a frame at this event; otherwise empty
    bool on_store;  // a copy is on the paging store
    state::Reading reading;
  };
  void see(const Seen& seen);

  // An instruction of the guest has completed. `now` is the block's state byte behind it.
  void see_essa(Block block, unsigned orc, Byte now);
  // The storage key was set, perhaps with the change bit off; of all blocks of the same megabyte, perhaps.
  // `content` is empty for a block that has no frame.
  template <typename Content>
  void see_key(Block block, Content content) {
    const Block first = block & ~(blocks_in_megabyte - 1);
    for (auto place = clean_.lower_bound(first);
         place != clean_.end() && place->first < first + blocks_in_megabyte; ++place)
      place->second = hash(content(place->first));
  }

  void note(std::string_view rule, Block block, std::string detail);
  [[nodiscard]] const std::optional<Broken>& broken() const { return broken_; }

 private:
  static constexpr Block blocks_in_megabyte = 256;

  [[nodiscard]] static std::uint64_t hash(std::span<const std::uint8_t> content);
  void see_content(const Seen& seen);

  std::vector<Byte> last_;                            // as the last event left it, without OLD
  std::unordered_map<Block, std::uint64_t> written_;  // on the paging store
  std::map<Block, std::uint64_t> clean_;              // Pr
  std::optional<Broken> broken_;
};

}  // namespace cmma::host
#endif
