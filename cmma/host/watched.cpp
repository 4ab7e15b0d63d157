// What must hold whatever happens: one block with each of its events (invariants=on), or all of them at once.
#include <fmt/format.h>

#include "host/host.hpp"
#include "state/check.hpp"

namespace cmma::host {

void Host::watch(record::EventKind kind, Block block, Byte from, Byte to, unsigned detail) {
  const bool has_content = state::is_resident(from) || state::is_resident(to);
  invariants_->see({.kind = kind,
                    .block = block,
                    .from = from,
                    .to = to,
                    .detail = detail,
                    .content = has_content ? content(block) : std::span<std::uint8_t>{},
                    .on_store = store_.holds(block),
                    .reading = options_.reading});
}

void Host::see_essa(Block block, unsigned orc) {
  if (invariants_ && block < blocks()) invariants_->see_essa(block, orc, load(block));
}

void Host::see_key_set(Block block) {
  if (!invariants_) return;
  invariants_->see_key(block, [this](Block other) {
    return state::is_resident(load(other)) ? content(other) : std::span<std::uint8_t>{};
  });
}

void Host::see_not_nullified(Block block, std::uint64_t instruction, std::string_view what) {
  if (!invariants_) return;
  invariants_->note("I8: an instruction that got a discard fault cannot be repeated", block,
                    fmt::format("the instruction at {:#x} has changed {}", instruction, what));
}

std::optional<Broken> Host::broken() const { return invariants_ ? invariants_->broken() : std::nullopt; }

std::optional<Broken> Host::look_at_all() {
  const Section section(*this);
  std::uint64_t resident = 0;
  for (Block block = 0; block < blocks(); ++block) {
    const Byte byte = load(block);
    const auto wrong = [&](const char* rule) {
      return Broken{.rule = rule, .block = block, .detail = state::to_text(byte)};
    };
    if (!state::is_valid_pair(byte)) return wrong("T1: a pair of states that there is not");
    if (byte != state::with_guard(byte, options_.reading)) return wrong("T2: guarded if and only if unused");
    if (state::is_resident(byte)) ++resident;
    if (state::content_of(byte) == state::Content::preserved && !store_.holds(block))
      return wrong("H2: no copy of a preserved block");
    if (state::content_of(byte) == state::Content::zero && store_.holds(block))
      return wrong("H2: a copy of a block without content");
  }
  if (resident + ghosts_.size() != frames_.used())
    return Broken{.rule = "H1: frames in use are not those of the resident blocks", .block = 0, .detail = {}};
  if (frames_.used() > frames_.limit())
    return Broken{.rule = "F1: more frames in use than there are", .block = 0, .detail = {}};
  return std::nullopt;
}

void Host::check_invariants() {
  const auto broken = look_at_all();
  state::check(!broken, broken ? broken->rule.c_str() : "");
}

}  // namespace cmma::host
