#include "record/report.hpp"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "record/whole_file.hpp"

namespace cmma::record {
namespace {

nlohmann::ordered_json matrix_as_json(const Matrix& matrix) {
  auto json = nlohmann::ordered_json::object();
  for (const char usage : usage_letters) {
    for (const char content : content_letters) {
      const std::string pair{usage, content};
      json[pair] = matrix.at(pair);
    }
  }
  json["nodat"] = matrix.nodat;
  json["reserved"] = matrix.reserved;
  return json;
}

nlohmann::ordered_json counters_as_json(const CounterValues& values) {
  auto json = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < counter_count; ++i) json[std::string{counter_list()[i].name}] = values.at(i);
  return json;
}

// A series that is 0 throughout is left out.
template <typename Items, typename Value>
void add_series(nlohmann::ordered_json& json, const std::string& name, const Items& items, Value value) {
  auto series = nlohmann::ordered_json::array();
  bool says_something = false;
  for (const auto& item : items) {
    const std::uint64_t number = value(item);
    says_something |= number != 0;
    series.push_back(number);
  }
  if (says_something) json[name] = std::move(series);
}

template <typename Items, typename MatrixOf>
void add_pairs(nlohmann::ordered_json& json, const Items& items, MatrixOf matrix_of) {
  for (const char usage : usage_letters) {
    for (const char content : content_letters) {
      const std::string pair{usage, content};
      add_series(json, pair, items, [&](const auto& item) { return matrix_of(item).at(pair); });
    }
  }
}

nlohmann::ordered_json history_as_json(const History& history) {
  auto json = nlohmann::ordered_json::object();
  json["interval"] = history.interval;
  json["cell_blocks"] = history.cell_blocks;
  json["samples"] = history.samples.size();
  add_series(json, "events", history.samples, [](const Sample& sample) { return sample.events; });
  add_series(json, "instructions", history.samples, [](const Sample& sample) { return sample.instructions; });
  add_series(json, "frames_used", history.samples, [](const Sample& sample) { return sample.frames_used; });
  add_pairs(json, history.samples, [](const Sample& sample) -> const Matrix& { return sample.matrix; });
  for (std::size_t i = 0; i < counter_count; ++i) {
    add_series(json, std::string{counter_list()[i].name}, history.samples,
               [i](const Sample& sample) { return sample.counters.at(i); });
  }
  auto& maps = json["map"] = nlohmann::ordered_json::array();
  for (const Sample& sample : history.samples) maps.push_back(sample.map);
  return json;
}

nlohmann::ordered_json map_as_json(const BlockMap& map) {
  auto json = nlohmann::ordered_json::object();
  json["cell_blocks"] = map.cell_blocks;
  json["cells"] = map.cells.size();
  add_pairs(json, map.cells, std::identity{});
  return json;
}

// The members of an object, a line each, as the last of an object that encloses it.
void append_lines(std::string& text, const std::string& name, const nlohmann::ordered_json& json) {
  text += fmt::format(",\n  \"{}\": {{", name);
  const char* separator = "\n";
  for (const auto& [key, value] : json.items()) {
    text += fmt::format("{}    \"{}\": {}", separator, key, value.dump());
    separator = ",\n";
  }
  text += "\n  }";
}

}  // namespace

nlohmann::ordered_json report_as_json(const Report& report) {
  auto json = nlohmann::ordered_json::object();
  json["schema"] = report_schema;
  json["failed"] = report.failed;
  auto& options = json["options"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : report.options) options[name] = value;
  json["blocks"] = report.blocks;
  json["frames"] = report.frames;
  json["frames_used"] = report.frames_used;
  json["instructions"] = report.instructions;
  json["matrix"] = matrix_as_json(report.matrix);
  json["counters"] = counters_as_json(report.counters);
  auto& marks = json["marks"] = nlohmann::ordered_json::array();
  for (const Mark& mark : report.marks) {
    marks.push_back({{"label", mark.label},
                     {"frames_used", mark.frames_used},
                     {"instructions", mark.instructions},
                     {"matrix", matrix_as_json(mark.matrix)},
                     {"counters", counters_as_json(mark.counters)}});
  }
  json["history"] = history_as_json(report.history);
  json["map"] = map_as_json(report.map);
  return json;
}

std::string report_as_text(const Report& report) {
  nlohmann::ordered_json json = report_as_json(report);
  // Those two are long lists of numbers; one a line would be no use to anybody.
  const nlohmann::ordered_json history = std::move(json["history"]);
  const nlohmann::ordered_json map = std::move(json["map"]);
  json.erase("history");
  json.erase("map");
  // A file name or an option may hold bytes that are not UTF-8; they must not cost the report.
  std::string text = json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize(text.rfind('}') - 1);  // with the newline before it
  append_lines(text, "history", history);
  append_lines(text, "map", map);
  return text + "\n}\n";
}

std::expected<void, std::string> write_report(const std::string& path, const Report& report) {
  auto written = write_whole_file(path, report_as_text(report));
  if (!written) return std::unexpected(fmt::format("cannot write report {}", written.error()));
  return {};
}

}  // namespace cmma::record
