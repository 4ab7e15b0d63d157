#include "record/report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace cmma::record {
namespace {

nlohmann::ordered_json matrix_as_json(const Matrix& matrix) {
  auto json = nlohmann::ordered_json::object();
  for (const char usage : std::string_view{"SUPV"}) {
    for (const char content : std::string_view{"rpz"}) {
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

std::unexpected<std::string> failure(const std::string& path, int error) {
  return std::unexpected(
      fmt::format("cannot write report {}: {}", path, std::generic_category().message(error)));
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
  return json;
}

std::expected<void, std::string> write_report(const std::string& path, const Report& report) {
  // A file name or an option may hold bytes that are not UTF-8; they must not cost the report.
  const std::string text =
      report_as_json(report).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const std::string draft = path + ".part";
  std::FILE* file = std::fopen(draft.c_str(), "we");
  if (file == nullptr) return failure(path, errno);
  int error = 0;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(draft.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    std::remove(draft.c_str());
    return failure(path, error);
  }
  return {};
}

}  // namespace cmma::record
