// Reads the report of a run. The file may come from anywhere: what does not fit is an error, never a wrong
// page.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "record/report.hpp"

namespace cmma::record {
namespace {

using nlohmann::ordered_json;

// Thrown and caught in this file only.
struct Unfit : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const ordered_json& member(const ordered_json& json, std::string_view name) {
  const auto found = json.find(name);
  if (found == json.end()) throw Unfit(fmt::format("it has no \"{}\"", name));
  return *found;
}

const ordered_json& object(const ordered_json& json, std::string_view name) {
  const ordered_json& found = member(json, name);
  if (!found.is_object()) throw Unfit(fmt::format("\"{}\" is not an object", name));
  return found;
}

std::uint64_t number(const ordered_json& json, std::string_view name) {
  const ordered_json& found = member(json, name);
  if (!found.is_number_unsigned()) throw Unfit(fmt::format("\"{}\" is not a number", name));
  return found.get<std::uint64_t>();
}

std::uint64_t positive(const ordered_json& json, std::string_view name) {
  const std::uint64_t value = number(json, name);
  if (value == 0) throw Unfit(fmt::format("\"{}\" is 0", name));
  return value;
}

// A counter that was not there when the report was written is 0.
std::uint64_t number_or_0(const ordered_json& json, std::string_view name) {
  return json.contains(name) ? number(json, name) : 0;
}

std::string text(const ordered_json& json, std::string_view name) {
  const ordered_json& found = member(json, name);
  if (!found.is_string()) throw Unfit(fmt::format("\"{}\" is not a text", name));
  return found.get<std::string>();
}

// Calls act(name, usage, content) for each of the twelve pairs.
template <typename Act>
void each_pair(Act act) {
  for (std::size_t usage = 0; usage < usage_count; ++usage) {
    for (std::size_t content = 0; content < content_count; ++content)
      act(std::string{usage_letters.at(usage), content_letters.at(content)}, usage, content);
  }
}

Matrix matrix_of(const ordered_json& json) {
  Matrix matrix;
  each_pair([&](const std::string& pair, std::size_t usage, std::size_t content) {
    matrix.blocks.at(usage).at(content) = number(json, pair);
  });
  matrix.nodat = number_or_0(json, "nodat");
  matrix.reserved = number_or_0(json, "reserved");
  return matrix;
}

CounterValues counters_of(const ordered_json& json) {
  CounterValues values{};
  for (std::size_t i = 0; i < counter_count; ++i) values.at(i) = number_or_0(json, counter_list()[i].name);
  return values;
}

// `count` numbers; a series that is not there is 0 throughout.
template <typename Store>
void series(const ordered_json& json, std::string_view name, std::size_t count, Store store) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  if (!found->is_array() || found->size() != count)
    throw Unfit(fmt::format("\"{}\" is not a list of {} numbers", name, count));
  for (std::size_t i = 0; i < count; ++i) {
    if (!found->at(i).is_number_unsigned())
      throw Unfit(fmt::format("\"{}\" has an entry that is not a number", name));
    store(i, found->at(i).get<std::uint64_t>());
  }
}

std::size_t bounded(const ordered_json& json, std::string_view name, std::size_t most) {
  const std::uint64_t count = number(json, name);
  if (count > most) throw Unfit(fmt::format("\"{}\" is more than {}", name, most));
  return count;
}

bool is_map(const ordered_json& json, std::size_t cells) {
  if (!json.is_string()) return false;
  const auto& letters = json.get_ref<const std::string&>();
  return letters.size() == cells && letters.find_first_not_of("abcdefghijkl") == std::string::npos;
}

History history_of(const ordered_json& json) {
  static_assert(last_letter == 'l');
  History history{
      .interval = positive(json, "interval"), .cell_blocks = positive(json, "cell_blocks"), .samples = {}};
  auto& samples = history.samples;
  // The last one is that of the end.
  samples.resize(bounded(json, "samples", history_limit + 1));
  const std::size_t count = samples.size();
  series(json, "events", count, [&](std::size_t i, std::uint64_t n) { samples.at(i).events = n; });
  series(json, "instructions", count,
         [&](std::size_t i, std::uint64_t n) { samples.at(i).instructions = n; });
  series(json, "frames_used", count, [&](std::size_t i, std::uint64_t n) { samples.at(i).frames_used = n; });
  for (std::size_t i = 1; i < count; ++i) {
    if (samples.at(i).instructions < samples.at(i - 1).instructions)
      throw Unfit("\"instructions\" of its history go back");
  }
  each_pair([&](const std::string& pair, std::size_t usage, std::size_t content) {
    series(json, pair, count,
           [&](std::size_t i, std::uint64_t n) { samples.at(i).matrix.blocks.at(usage).at(content) = n; });
  });
  for (std::size_t c = 0; c < counter_count; ++c) {
    series(json, counter_list()[c].name, count,
           [&](std::size_t i, std::uint64_t n) { samples.at(i).counters.at(c) = n; });
  }
  const ordered_json& maps = member(json, "map");
  if (!maps.is_array() || maps.size() != count) throw Unfit("\"map\" of its history is not a list of maps");
  const std::size_t cells = maps.empty() || !maps.front().is_string()
                                ? 0
                                : std::min(maps.front().get_ref<const std::string&>().size(), coarse_cells);
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_map(maps.at(i), cells)) throw Unfit("\"map\" of its history has an entry that is not a map");
    samples.at(i).map = maps.at(i).get<std::string>();
  }
  return history;
}

BlockMap map_of(const ordered_json& json) {
  BlockMap map{.cell_blocks = positive(json, "cell_blocks"), .cells = {}};
  map.cells.resize(bounded(json, "cells", fine_cells));
  each_pair([&](const std::string& pair, std::size_t usage, std::size_t content) {
    series(json, pair, map.cells.size(),
           [&](std::size_t i, std::uint64_t n) { map.cells.at(i).blocks.at(usage).at(content) = n; });
  });
  return map;
}

Report report_of(const ordered_json& json) {
  Report report;
  const ordered_json& options = object(json, "options");
  for (const auto& [name, value] : options.items()) report.options.emplace_back(name, text(options, name));
  report.blocks = positive(json, "blocks");
  report.frames = number(json, "frames");
  report.frames_used = number(json, "frames_used");
  report.instructions = number(json, "instructions");
  const ordered_json& failed = member(json, "failed");
  report.failed = failed.is_boolean() && failed.get<bool>();
  report.matrix = matrix_of(object(json, "matrix"));
  report.counters = counters_of(object(json, "counters"));
  const ordered_json& marks = member(json, "marks");
  if (!marks.is_array()) throw Unfit("\"marks\" is not a list");
  for (const ordered_json& mark : marks) {
    report.marks.push_back({.label = text(mark, "label"),
                            .frames_used = number(mark, "frames_used"),
                            .instructions = number(mark, "instructions"),
                            .matrix = matrix_of(object(mark, "matrix")),
                            .counters = counters_of(object(mark, "counters"))});
  }
  report.history = history_of(object(json, "history"));
  report.map = map_of(object(json, "map"));
  return report;
}

}  // namespace

std::expected<Report, std::string> read_report(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, std::generic_category().message(errno)));
  const auto json = ordered_json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_number_unsigned())
    return std::unexpected(fmt::format("{} is not the report of a run (cmma boot --json)", path));
  if (const auto schema = json["schema"].get<std::uint64_t>(); schema != report_schema) {
    return std::unexpected(
        fmt::format("{} has schema {}; this program reads {}: run it again", path, schema, report_schema));
  }
  try {
    return report_of(json);
  } catch (const std::exception& unfit) {
    return std::unexpected(fmt::format("{} is not the report of a run: {}", path, unfit.what()));
  }
}

}  // namespace cmma::record
