// Which block an action is for. What is relied on for struct pages is said in docs/scenarios.md.
#include <fmt/format.h>

#include <array>
#include <vector>

#include "host/policy/split_mix.hpp"
#include "race/engine.hpp"
#include "race/kinds.hpp"
#include "state/transitions.hpp"

namespace cmma::race {
namespace {

constexpr std::uint64_t struct_page_default = 64;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

// Which pairs the host may discard, by the low bits of a state byte: all of main storage is gone through for
// one discard.
std::array<bool, 16> discardable_pairs() {
  std::array<bool, 16> table{};
  for (const state::Pair pair : state::all_pairs) {
    const auto eviction = state::evict(state::byte_of(pair), false);
    table.at(state::byte_of(pair)) = eviction && eviction->action == state::HostAction::discard;
  }
  return table;
}

}  // namespace

std::expected<std::uint64_t, std::string> Engine::block_of(const BlockChoice& choice) const {
  using Found = std::expected<std::uint64_t, std::string>;
  return std::visit(
      Overloaded{[](std::uint64_t address) -> Found { return address >> CMMA_BLOCK_SHIFT; },
                 [this](LastEssa) -> Found {
                   const auto cpu = static_cast<std::size_t>(now_.cpu);
                   if (cpu < last_essa_.size() && last_essa_[cpu]) return *last_essa_[cpu];
                   return std::unexpected(fmt::format("cpu{} has not executed ESSA yet", now_.cpu));
                 },
                 [this](EventBlock) -> Found {
                   const bool has_block = now_.event != nullptr && kind_of(now_.event->kind) != nullptr &&
                                          kind_of(now_.event->kind)->has_block;
                   if (has_block) return now_.event->block;
                   return std::unexpected("the event has no block");
                 },
                 [this](AnyVolatile) -> Found { return any_volatile(); },
                 [this](InRegister in) -> Found { return block_in_register(in); }},
      choice);
}

std::expected<std::uint64_t, std::string> Engine::any_volatile() const {
  static const auto discardable = discardable_pairs();
  std::vector<std::uint64_t> blocks;
  const auto states = host_.state_bytes();
  for (std::uint64_t block = 0; block < states.size(); ++block) {
    if (discardable[states[block] & state::pair_mask]) blocks.push_back(block);
  }
  if (blocks.empty()) return std::unexpected("no block is volatile and has a frame");
  return blocks[host::SplitMix(scenario_.seed ^ now_.last_event << 32).below(blocks.size())];
}

std::expected<std::uint64_t, std::string> Engine::block_in_register(InRegister choice) const {
  if (now_.cpu < 0) return std::unexpected("no CPU is there whose register it could be");
  const std::uint64_t value = control_.general_register(control_.context, now_.cpu, choice.number);
  if (choice.page) return block_of_page(value);
  std::uint64_t absolute = 0;
  if (control_.translate(control_.context, now_.cpu, value, &absolute) == 0) {
    return std::unexpected(
        fmt::format("register {}: {:#x} is not the address of a block", choice.number, value));
  }
  return absolute >> CMMA_BLOCK_SHIFT;
}

// A 64-bit variable of the guest's kernel, through the tables of the CPU whose register it is about: the
// kernel need not be at the absolute address that vmlinux gives it.
std::expected<std::uint64_t, std::string> Engine::variable(std::string_view name,
                                                           std::uint64_t offset) const {
  const auto linked = symbols_ == nullptr ? std::nullopt : symbols_->linked(name);
  if (!linked) return std::unexpected(fmt::format("struct pages: the guest's symbols have no {}", name));
  const std::uint64_t address = *linked + symbols_->base() + offset;
  std::uint64_t absolute = 0;
  std::array<std::uint8_t, 8> bytes{};
  if (control_.translate(control_.context, now_.cpu, address, &absolute) == 0 || !host_.peek(absolute, bytes))
    return std::unexpected(fmt::format("struct pages: {} at {:#x} cannot be read", name, address));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

std::uint64_t Engine::struct_page_size() const {
  if (scenario_.guest.struct_page != 0) return scenario_.guest.struct_page;
  return symbols_->size_of("page").value_or(struct_page_default);
}

std::expected<std::uint64_t, std::string> Engine::block_of_page(std::uint64_t page) const {
  const auto array = variable("vmemmap", 0);
  if (!array) return array;
  // vm_layout begins with where the kernel runs. A kernel that chose its place at random is found out here.
  if (symbols_->linked("vm_layout")) {
    const auto runs_at = variable("vm_layout", 0);
    if (!runs_at) return runs_at;
    if (*runs_at != symbols_->base()) {
      return std::unexpected(fmt::format("struct pages: the kernel runs at {:#x} above vmlinux, not {:#x}",
                                         *runs_at, symbols_->base()));
    }
  }
  const std::uint64_t size = struct_page_size();
  if (page < *array || (page - *array) % size != 0 || (page - *array) / size >= host_.blocks())
    return std::unexpected(fmt::format("{:#x} is not the address of a struct page", page));
  return (page - *array) / size;
}

}  // namespace cmma::race
