// gdb's `monitor`: what a debugger has no packet for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "gdb/packet.hpp"
#include "gdb/session.hpp"

namespace cmma::gdb {
namespace {

constexpr std::string_view help_text =
    "cmma COMMAND       ask the host; addresses are absolute and hexadecimal, or v:ADDRESS for a virtual "
    "one\n"
    "  cmma matrix, cmma counters, cmma block ADDRESS, cmma discard ADDRESS, ... (cmma help has them all)\n"
    "translate ADDRESS  what a virtual address of this CPU stands for, and in which state that block is;\n"
    "                   or why it stands for nothing\n"
    "now                how many instructions are done, by all CPUs together\n"
    "until NUMBER       stop (after `continue`) when so many are done: deterministic runs\n"
    "cpus               all CPUs: state, PSW, prefix\n"
    "help               this\n";

void collect(void* context, const char* line) {
  auto& text = *static_cast<std::string*>(context);
  text += line;
  text += '\n';
}

std::optional<std::uint64_t> parse_address(std::string_view text) {
  static_cast<void>(take(text, "0x"));
  return whole_number(text);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
  return text.substr(0, text.find_last_not_of(blank) + 1);
}

}  // namespace

void Session::print(std::string_view text) {
  // An answer of many lines goes in several packets.
  constexpr std::size_t most = longest_packet / 2 - 16;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, most);
    send_(fmt::format("O{}", to_hex(part)));
    text.remove_prefix(part.size());
  }
}

Session::Answer Session::monitor(std::string_view digits) {
  const auto decoded = from_hex(digits);
  if (!decoded) return std::unexpected(Obstacle::malformed);
  std::string_view line = trimmed(*decoded);
  const std::string_view verb = take_part(line, ' ');
  line = trimmed(line);
  if (verb == "cmma") {
    const auto command = with_absolute_addresses(line);
    if (!command) {
      print(command.error() + "\n");
      return "OK";
    }
    // Sent when the machine has let go of its locks: the client may not read.
    std::string text;
    if (machine_.command(machine_.context, command->c_str(), collect, &text) < 0)
      text = "no host owns main storage (--no-cmma)\n";
    print(text);
  } else if (verb == "translate") {
    print_translation(line);
  } else if (verb == "now") {
    print(fmt::format("{} instructions\n", machine_.instructions(machine_.context)));
  } else if (verb == "until") {
    print_until(line);
  } else if (verb == "cpus") {
    print_cpus();
  } else if (verb == "help" || verb.empty()) {
    print(help_text);
  } else {
    print(fmt::format("'{}' is not a command (try: monitor help)\n", verb));
  }
  return "OK";
}

// Words v:ADDRESS become what the address stands for.
std::expected<std::string, std::string> Session::with_absolute_addresses(std::string_view command) const {
  std::string all;
  while (!command.empty()) {
    std::string_view word = take_part(command, ' ');
    if (!all.empty()) all.push_back(' ');
    if (!word.starts_with("v:")) {
      all += word;
      continue;
    }
    word.remove_prefix(2);
    const auto address = parse_address(word);
    if (!address) return std::unexpected(fmt::format("'{}' is not a hexadecimal address", word));
    const auto absolute = translate(machine_, registers(), *address);
    if (!absolute) return std::unexpected(fmt::format("{:#x}: {}", *address, describe(absolute.error())));
    all += fmt::format("{:#x}", *absolute);
  }
  return all;
}

void Session::print_translation(std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return print(fmt::format("'{}' is not a hexadecimal address\n", text));
  const auto absolute = translate(machine_, registers(), *address);
  if (!absolute) return print(fmt::format("{:#x}: {}\n", *address, describe(absolute.error())));
  print(fmt::format("{:#x} is absolute {:#x}\n", *address, *absolute));
  std::uint8_t byte = 0;
  const auto result = machine_.peek(machine_.context, *absolute, &byte, sizeof byte);
  if (result != CMMA_DONE) print(fmt::format("no content: {}\n", describe(obstacle_of(result))));
  if (result != CMMA_ADDRESSING)
    static_cast<void>(monitor(to_hex(fmt::format("cmma block {:x}", *absolute))));
}

void Session::print_until(std::string_view text) {
  std::uint64_t instructions = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), instructions);
  if (error != std::errc{} || end != text.data() + text.size())
    return print(fmt::format("'{}' is not a decimal number\n", text));
  const std::uint64_t now = machine_.instructions(machine_.context);
  if (instructions <= now) return print(fmt::format("{} instructions are done already\n", now));
  if (machine_.stop_at(machine_.context, instructions) != 0)
    return print("only a deterministic run stops at an instruction\n");
  print(fmt::format("{} instructions are done; `continue` stops at {}\n", now, instructions));
}

void Session::print_cpus() {
  constexpr std::array<std::string_view, 3> names{"stopped", "waiting", "running"};
  for (unsigned cpu = 0; cpu < CMMA_GDB_CPUS; ++cpu) {
    if (!is_cpu(cpu)) continue;
    cmma_gdb_registers values{};
    machine_.get_registers(machine_.context, static_cast<int>(cpu), &values);
    print(fmt::format("CPU {:04X} (thread {}): {}, PSW {:016X} {:016X}, prefix {:X}\n", cpu, cpu + 1,
                      names.at(machine_.state(machine_.context, static_cast<int>(cpu))), values.psw_mask,
                      values.psw_address, values.prefix));
  }
}

}  // namespace cmma::gdb
