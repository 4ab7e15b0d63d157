#include "linux/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "gdb/translate.hpp"

namespace cmma::linux_guest {
namespace {

constexpr std::uint64_t lowcore_kernel_asce = 0x388;
constexpr std::uint64_t lowcore_vmcore_info = 0xe0c;
constexpr std::uint64_t psw_dat = 1ull << 58;
constexpr std::uint64_t enhanced_dat = 1ull << 23;
// V1. A kernel of s390 keeps its note in one block.
constexpr std::size_t longest_note = std::size_t{2} * CMMA_BLOCK_SIZE;

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

std::optional<std::uint64_t> absolute_word(const Peek& peek, std::uint64_t address, std::size_t bytes = 8) {
  std::array<std::uint8_t, 8> word{};
  if (!peek(address, std::span(word).first(bytes))) return std::nullopt;
  return big_endian(std::span(word).first(bytes));
}

// NAME=VALUE. Those whose value is no number are left out.
std::optional<std::pair<std::string, std::uint64_t>> parse_line(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(equals + 1);
  std::uint64_t value = 0;
  const int base = line.starts_with("SYMBOL(") ? 16 : 10;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::pair{std::string{line.substr(0, equals)}, value};
}

}  // namespace

std::expected<Memory, std::string> Memory::open(Peek peek) {
  Memory memory(std::move(peek));
  const auto asce = absolute_word(memory.peek_, lowcore_kernel_asce);
  const auto note = absolute_word(memory.peek_, lowcore_vmcore_info);
  if (!asce || !note || *note == 0)
    return std::unexpected("the guest has left no VMCOREINFO (is it a Linux with CONFIG_VMCORE_INFO?)");
  memory.asce_ = *asce;
  if (auto read = memory.read_note(*note); !read) return std::unexpected(read.error());
  return memory;
}

// An ELF note: three words (length of the name, of the content, type), the name, the content.
std::expected<void, std::string> Memory::read_note(std::uint64_t address) {
  constexpr std::string_view name = "VMCOREINFO";
  constexpr std::uint64_t header = 12;
  constexpr std::uint64_t name_room = 12;
  const auto name_size = absolute_word(peek_, address, 4);
  const auto size = absolute_word(peek_, address + 4, 4);
  std::array<char, name.size()> found{};
  const auto bytes = std::span(reinterpret_cast<std::uint8_t*>(found.data()), found.size());
  if (!name_size || *name_size != name.size() + 1 || !size || *size > longest_note ||
      !peek_(address + header, bytes) || std::string_view(found.data(), found.size()) != name)
    return std::unexpected(
        fmt::format("there is no VMCOREINFO at absolute {:#x} (CONFIG_VMCORE_INFO?)", address));
  std::string text(*size, '\0');
  if (!peek_(address + header + name_room,
             std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size())))
    return std::unexpected(fmt::format("VMCOREINFO at absolute {:#x} cannot be read", address));
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (auto parsed = parse_line(line)) note_.insert(std::move(*parsed));
  }
  return {};
}

std::expected<std::uint64_t, std::string> Memory::number(const std::string& name) const {
  const auto found = note_.find(name);
  if (found == note_.end()) return std::unexpected(fmt::format("VMCOREINFO has no {}", name));
  return found->second;
}

std::expected<std::uint64_t, std::string> Memory::word(std::uint64_t address, unsigned bytes) const {
  std::array<std::uint8_t, 8> to{};
  const auto part = std::span(to).first(std::min<std::size_t>(bytes, to.size()));
  if (auto copied = copy(address, part); !copied) return std::unexpected(copied.error());
  return big_endian(part);
}

std::expected<void, std::string> Memory::copy(std::uint64_t address, std::span<std::uint8_t> to) const {
  cmma_gdb_machine machine{};
  machine.context = const_cast<Peek*>(&peek_);
  machine.peek = [](void* context, std::uint64_t at, void* into, std::size_t length) {
    const auto& peek = *static_cast<const Peek*>(context);
    return peek(at, std::span(static_cast<std::uint8_t*>(into), length)) ? CMMA_DONE : CMMA_ADDRESSING;
  };
  cmma_gdb_registers registers{};
  // An older kernel (6.1) leaves none there, and is where its symbols are.
  registers.psw_mask = asce_ == 0 ? 0 : psw_dat;
  registers.control[0] = enhanced_dat;
  registers.control[1] = asce_;
  while (!to.empty()) {
    const std::size_t part = std::min<std::uint64_t>(to.size(), CMMA_BLOCK_SIZE - address % CMMA_BLOCK_SIZE);
    const auto absolute = gdb::translate(machine, registers, address);
    if (!absolute)
      return std::unexpected(fmt::format("address {:#x}: {}", address, gdb::describe(absolute.error())));
    if (!peek_(*absolute, to.first(part)))
      return std::unexpected(fmt::format("address {:#x}: absolute {:#x} has no content", address, *absolute));
    to = to.subspan(part);
    address += part;
  }
  return {};
}

}  // namespace cmma::linux_guest
