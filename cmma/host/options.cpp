#include "host/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

#include "cmma/cmma.h"
#include "host/policy/policy.hpp"

namespace cmma::host {
namespace {

using Value = std::string_view;
using Outcome = std::expected<void, std::string>;

Outcome refuse(std::string_view name, Value value, std::string_view wanted) {
  return std::unexpected(fmt::format("option {}={}: {}", name, value, wanted));
}

// One of two words; `yes` sets the flag.
Outcome set_choice(bool& flag, std::string_view name, Value value, std::string_view yes,
                   std::string_view no) {
  if (value != yes && value != no) return refuse(name, value, fmt::format("must be {} or {}", yes, no));
  flag = value == yes;
  return {};
}

Outcome set_frames(Options& options, Value value) {
  const auto bytes = parse_size(value);
  if (!bytes) return refuse("frames", value, "must be a size such as 128M (suffix K, M or G)");
  if (*bytes < CMMA_BLOCK_SIZE || *bytes % CMMA_BLOCK_SIZE != 0) {
    return refuse("frames", value, "must be a multiple of 4K and not 0");
  }
  options.frames = *bytes / CMMA_BLOCK_SIZE;
  return {};
}

Outcome set_policy(Options& options, Value value) {
  const auto names = policy_names();
  if (std::ranges::find(names, value) == names.end()) {
    return refuse("policy", value, fmt::format("must be one of {}", fmt::join(names, ", ")));
  }
  options.policy = value;
  return {};
}

Outcome set_seed(Options& options, Value value) {
  options.seed = parse_number(value);
  if (!options.seed) return refuse("seed", value, "must be a number below 2^64");
  return {};
}

Outcome set_file(std::string& file, std::string_view name, Value value) {
  if (value.empty()) return refuse(name, value, "must name a file");
  file = value;
  return {};
}

// By their numbers.
constexpr std::array<std::string_view, 5> mutants{"none", "tlb", "change", "orc6", "repeat"};

Outcome set_mutant(Options& options, Value value) {
  const auto* const found = std::ranges::find(mutants, value);
  if (found == mutants.end())
    return refuse("mutant", value, fmt::format("must be one of {}", fmt::join(mutants, ", ")));
  options.mutant = static_cast<cmma_mutant>(found - mutants.begin());
  return {};
}

struct Option {
  std::string_view name;
  Outcome (*set)(Options&, Value);
};

constexpr std::array<Option, 20> known{{
    {"frames", set_frames},
    {"policy", set_policy},
    {"seed", set_seed},
    {"store", [](Options& o, Value v) { return set_file(o.store, "store", v); }},
    {"json", [](Options& o, Value v) { return set_file(o.json, "json", v); }},
    {"kernel-log", [](Options& o, Value v) { return set_file(o.kernel_log, "kernel-log", v); }},
    {"trace", [](Options& o, Value v) { return set_file(o.trace, "trace", v); }},
    {"nodat", [](Options& o, Value v) { return set_choice(o.reading.nodat, "nodat", v, "on", "off"); }},
    {"unused",
     [](Options& o, Value v) {
       return set_choice(o.reading.unused_is_exception, "unused", v, "exception", "zero");
     }},
    {"channel",
     [](Options& o, Value v) { return set_choice(o.reading.channel_checks, "channel", v, "check", "zero"); }},
    {"orc6",
     [](Options& o, Value v) {
       return set_choice(o.reading.orc6_stabilises_uz, "orc6", v, "not-discarded", "resident");
     }},
    {"reset-states",
     [](Options& o, Value v) {
       return set_choice(o.reading.program_reset_is_reset, "reset-states", v, "on", "off");
     }},
    {"strays",
     [](Options& o, Value v) { return set_choice(o.strays_in_place, "strays", v, "in-place", "thread"); }},
    {"invariants",
     [](Options& o, Value v) { return set_choice(o.invariants, "invariants", v, "on", "off"); }},
    {"race", [](Options& o, Value v) { return set_file(o.race, "race", v); }},
    {"symbols", [](Options& o, Value v) { return set_file(o.symbols, "symbols", v); }},
    {"schedule", [](Options& o, Value v) { return set_file(o.schedule, "schedule", v); }},
    {"interleaving", [](Options& o, Value v) { return set_file(o.interleaving, "interleaving", v); }},
    {"mutant", set_mutant},
    {"test", [](Options& o, Value v) { return set_choice(o.test, "test", v, "on", "off"); }},
}};

Outcome set_one(Options& options, std::string_view item) {
  const std::size_t equals = item.find('=');
  const std::string_view name = item.substr(0, equals);
  const auto* const option = std::ranges::find(known, name, &Option::name);
  if (option == known.end()) {
    std::array<std::string_view, known.size()> names;
    std::ranges::transform(known, names.begin(), &Option::name);
    return std::unexpected(fmt::format("option {}: not known (there are {})", name, fmt::join(names, ", ")));
  }
  if (equals == std::string_view::npos) {
    return std::unexpected(fmt::format("option {0}: has no value (write {0}=...)", name));
  }
  return option->set(options, item.substr(equals + 1));
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    switch (text.back()) {
      case 'K':
      case 'k':
        shift = 10;
        break;
      case 'M':
      case 'm':
        shift = 20;
        break;
      case 'G':
      case 'g':
        shift = 30;
        break;
      default:
        break;
    }
  }
  if (shift != 0) text.remove_suffix(1);
  const auto number = parse_number(text);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return *number << shift;
}

std::expected<Options, std::string> parse_options(std::string_view list) {
  Options options;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    if (item.empty()) continue;
    if (auto set = set_one(options, item); !set) return std::unexpected(set.error());
  }
  if (options.mutant != CMMA_NO_MUTANT && !options.test)
    return std::unexpected("option mutant: a machine that is broken on purpose needs test=on");
  if (options.invariants && !options.strays_in_place)
    return std::unexpected("option invariants: needs a run in one thread (strays=in-place)");
  return options;
}

}  // namespace cmma::host
