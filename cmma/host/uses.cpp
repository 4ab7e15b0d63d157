// Who uses what the host could discard. For the race engine, in a deterministic machine: one thread.
#include <utility>

#include "host/host.hpp"

namespace cmma::host {

void Host::note_uses() { notes_uses_ = true; }

std::vector<Block> Host::take_uses() { return std::exchange(uses_, {}); }

bool Host::expect_use(Block block) {
  if (block >= blocks()) return false;
  const Byte now = load(block);
  const state::Usage usage = state::usage_of(now);
  if (!state::is_resident(now) || (usage != state::Usage::volatile_ && usage != state::Usage::potential))
    return false;
  return swap(block, now, static_cast<Byte>(now | state::old_bit));
}

}  // namespace cmma::host
