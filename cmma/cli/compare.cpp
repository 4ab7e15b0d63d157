// `cmma compare NAME=FILE...`: reports of several runs of the same work (boot --json FILE), side by side.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "cli/subcommand.hpp"
#include "record/report.hpp"

namespace cmma::cli {
namespace {

using nlohmann::ordered_json;

struct NamedReport {
  std::string name;
  ordered_json json;
};

std::expected<NamedReport, std::string> read_named(const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return std::unexpected(fmt::format("'{}' is not NAME=FILE", argument));
  }
  NamedReport report{argument.substr(0, equals), {}};
  const std::string path = argument.substr(equals + 1);
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot read {}", path));
  report.json = ordered_json::parse(file, nullptr, false);
  if (!report.json.is_object() || report.json.value("schema", 0) != record::report_schema ||
      !report.json.contains("matrix") || !report.json.contains("counters")) {
    return std::unexpected(
        fmt::format("{} is not a report of a run with schema {}", path, record::report_schema));
  }
  return report;
}

std::uint64_t number(const ordered_json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

record::Matrix matrix_of(const ordered_json& json) {
  record::Matrix matrix;
  for (std::size_t usage = 0; usage < record::usage_count; ++usage) {
    for (std::size_t content = 0; content < record::content_count; ++content) {
      const std::string pair{"SUPV"[usage], "rpz"[content]};
      matrix.blocks.at(usage).at(content) = number(json, pair);
    }
  }
  return matrix;
}

void print_stages(const NamedReport& report) {
  const auto stage = [&](const std::string& label, const ordered_json& moment) {
    fmt::print("\n{}, {}: {} of {} frames in use\n{}", report.name, label, number(moment, "frames_used"),
               number(report.json, "frames"), record::matrix_as_text(matrix_of(moment.at("matrix"))));
  };
  for (const auto& mark : report.json.value("marks", ordered_json::array())) {
    stage(mark.value("label", std::string{"?"}), mark);
  }
  stage("at the end", report.json);
}

// Counters that are 0 in every run say nothing.
void print_counters(const std::vector<NamedReport>& reports) {
  fmt::print("\n{:<20}", "counter");
  for (const auto& report : reports) fmt::print(" {:>14}", report.name);
  fmt::print("  unit\n");
  for (const auto& counter : record::counter_list()) {
    const auto value = [&](const NamedReport& report) {
      return number(report.json["counters"], counter.name);
    };
    if (std::ranges::all_of(reports, [&](const auto& report) { return value(report) == 0; })) continue;
    fmt::print("{:<20}", counter.name);
    for (const auto& report : reports) fmt::print(" {:>14}", value(report));
    fmt::print("  {}\n", counter.unit);
  }
}

int compare(const std::vector<std::string>& arguments, bool stages) {
  std::vector<NamedReport> reports;
  for (const auto& argument : arguments) {
    auto report = read_named(argument);
    if (!report) {
      fmt::print(stderr, "cmma: {}\n", report.error());
      return exit_usage;
    }
    reports.push_back(std::move(*report));
  }
  if (stages) {
    for (const auto& report : reports) print_stages(report);
  }
  print_counters(reports);
  return exit_good;
}

}  // namespace

void register_compare(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("compare", "Put the reports of several runs (boot --json) side by side");
  struct Asked {
    std::vector<std::string> reports;
    bool stages = false;
  };
  auto asked = std::make_shared<Asked>();
  command->add_option("NAME=FILE", asked->reports, "A name for the column, and the report")->required();
  command->add_flag("--stages", asked->stages, "Also the state matrix at each mark of each run");
  command->callback([&run, asked] { run = [asked] { return compare(asked->reports, asked->stages); }; });
}

}  // namespace cmma::cli
