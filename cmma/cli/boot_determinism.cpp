#include "cli/boot_determinism.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>

#include "cli/boot_files.hpp"
#include "cli/subcommand.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<Failure> usage(std::string text) {
  return std::unexpected(Failure{exit_usage, std::move(text)});
}

// As cmma/machine/hcmmadet.c writes it.
struct Note {
  std::uint64_t now;
  std::uint32_t kind;
  std::uint32_t cpu;
  std::uint64_t what;
  std::uint64_t where;
};

constexpr std::array<const char*, 10> kinds{"?",
                                            "turn",
                                            "program interruption",
                                            "external interruption",
                                            "I/O interruption",
                                            "machine check",
                                            "restart",
                                            "host event",
                                            "input",
                                            "register at the end"};

std::string text_of(const std::optional<Note>& note) {
  if (!note) return "the run has ended";
  return fmt::format("at {}: cpu{} {} {:#x} {:#x}", note->now, note->cpu,
                     note->kind < kinds.size() ? kinds.at(note->kind) : "?", note->what, note->where);
}

std::optional<Note> read_note(std::ifstream& file) {
  Note note{};
  std::array<char, sizeof note> bytes{};
  if (!file.read(bytes.data(), bytes.size())) return std::nullopt;
  std::memcpy(&note, bytes.data(), sizeof note);
  return note;
}

}  // namespace

Expected<void> check_determinism_options(const BootOptions& options) {
  const Determinism& asked = options.determinism;
  if (!asked.on) {
    if (asked.check || asked.limit != 0 || !asked.options.empty() || !asked.events.empty() ||
        !asked.record.empty() || !asked.replay.empty()) {
      return usage(
          "--check-determinism, --limit, --det-option, --events, --record-input and --replay-input need "
          "--deterministic");
    }
    return {};
  }
  if (options.no_cmma) return usage("--deterministic: not without the host (--no-cmma)");
  if (asked.check && !asked.events.empty())
    return usage("--check-determinism: compares event logs of its own, no --events");
  for (const std::string& option : asked.options) {
    if (option.find(',') != std::string::npos || option.find('=') == std::string::npos)
      return usage(fmt::format("--det-option {}: write NAME=VALUE", option));
    for (const char* ours : {"seed=", "limit=", "log=", "record=", "replay=", "fork="}) {
      if (option.starts_with(ours))
        return usage(fmt::format("--det-option {}: there is an option of cmma boot for it", option));
    }
  }
  for (const fs::path& file : {asked.events, asked.record, asked.replay}) {
    if (file.string().find(',') != std::string::npos)
      return usage(fmt::format("{}: no comma in the file's name, please", file.string()));
  }
  return {};
}

std::string determinism_text(const BootOptions& options) {
  const Determinism& asked = options.determinism;
  if (!asked.on) return {};
  std::string text = fmt::format("seed={}", options.seed.value_or(default_seed));
  if (asked.limit != 0) text += fmt::format(",limit={:.0f}", std::max(1.0, asked.limit * 1e6));
  for (const std::string& option : asked.options) text += "," + option;
  if (!asked.events.empty()) text += ",log=" + fs::absolute(asked.events).string();
  if (!asked.record.empty()) text += ",record=" + fs::absolute(asked.record).string();
  if (!asked.replay.empty()) text += ",replay=" + fs::absolute(asked.replay).string();
  if (asked.fork_driver >= 0) text += fmt::format(",fork={}:{}", asked.fork_driver, console_out_descriptor);
  return text;
}

Expected<std::string> first_difference(const fs::path& one, const fs::path& other) {
  std::ifstream first(one, std::ios::binary);
  std::ifstream second(other, std::ios::binary);
  if (!first || !second) return std::unexpected(Failure{exit_host, "a run has left no log of its events"});
  for (std::uint64_t number = 1;; ++number) {
    const auto a = read_note(first);
    const auto b = read_note(second);
    if (!a && !b) return std::string{};
    if (!a || !b || std::memcmp(&*a, &*b, sizeof(Note)) != 0) {
      return fmt::format("the runs differ first in event {}:\n  {}\n  {}", number, text_of(a), text_of(b));
    }
  }
}

}  // namespace cmma::cli
