// Triggers at accesses to a block, and at stores into DAT tables: what the machine has to watch, and what it
// tells of that.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "race/engine.hpp"

namespace cmma::race {

std::expected<void, std::string> Engine::check_blocks(const Scenario& scenario) {
  std::set<std::uint64_t> blocks;
  for (const Trigger& trigger : scenario.triggers) {
    const auto* const at = std::get_if<AtAccess>(&trigger.place);
    if (at != nullptr) blocks.insert(at->address >> CMMA_BLOCK_SHIFT);
    if (blocks.size() > CMMA_WATCH_BLOCKS) {
      return std::unexpected(fmt::format("{}:{}: accesses to no more than {} blocks can be watched",
                                         scenario.file, trigger.line, CMMA_WATCH_BLOCKS));
    }
  }
  return {};
}

void Engine::accessed(const cmma_use& access) {
  now_.cpu = access.cpu;
  now_.instructions = access.instructions;
  now_.address = access.address;
  now_.drawn = false;
  check_points();
  if ((access.kinds & CMMA_ACCESS_TABLE) != 0) stored_into_table(access);
  for (Armed& armed : armed_) {
    const auto* const at = std::get_if<AtAccess>(&armed.trigger.place);
    if (at == nullptr || at->address >> CMMA_BLOCK_SHIFT != access.block) continue;
    if ((at->kinds & access.kinds) != 0) pass(armed);
  }
}

// An event without a number: it is told of only when somebody wants to know, and the run is the same without.
void Engine::stored_into_table(const cmma_use& access) {
  const cmma_event event{.kind = CMMA_EVENT_PTE_STORE,
                         .cpu = access.cpu,
                         .index = now_.last_event,
                         .instructions = access.instructions,
                         .address = access.address,
                         .block = access.block,
                         .operand = access.operand,
                         .detail = access.level};
  note_event(event);
  now_.event = &event;
  for (Armed& armed : armed_) {
    const auto* const at = std::get_if<AtEvent>(&armed.trigger.place);
    if (at != nullptr && at->kind == CMMA_EVENT_PTE_STORE) pass_event(armed, *at);
  }
  now_.event = nullptr;
}

void Engine::set_watched_blocks() {
  cmma_watch now{};
  for (const Armed& armed : armed_) {
    if (!is_live(armed)) continue;
    const auto* const event = std::get_if<AtEvent>(&armed.trigger.place);
    if (event != nullptr && event->kind == CMMA_EVENT_PTE_STORE) now.tables = 1;
    const auto* const at = std::get_if<AtAccess>(&armed.trigger.place);
    if (at == nullptr) continue;
    const std::uint64_t block = at->address >> CMMA_BLOCK_SHIFT;
    const auto listed = std::span(now.block).first(now.blocks);
    if (std::ranges::find(listed, block) == listed.end()) now.block[now.blocks++] = block;
  }
  if (now.blocks == watch_.blocks && now.tables == watch_.tables &&
      std::ranges::equal(now.block, watch_.block))
    return;
  std::ranges::copy(now.block, watch_.block);
  watch_.blocks = now.blocks;
  watch_.tables = now.tables;
  ++watch_.list;
}

}  // namespace cmma::race
