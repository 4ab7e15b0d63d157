// `cmma compare NAME=FILE...`: reports of several runs of the same work (boot --json FILE), side by side.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/subcommand.hpp"
#include "record/report.hpp"

namespace cmma::cli {
namespace {

struct NamedReport {
  std::string name;
  record::Report report;
};

std::expected<NamedReport, std::string> read_named(const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return std::unexpected(fmt::format("'{}' is not NAME=FILE", argument));
  }
  auto report = record::read_report(argument.substr(equals + 1));
  if (!report) return std::unexpected(std::move(report.error()));
  return NamedReport{argument.substr(0, equals), std::move(*report)};
}

void print_stages(const NamedReport& run) {
  const auto stage = [&](const std::string& label, std::uint64_t frames_used, const record::Matrix& matrix) {
    fmt::print("\n{}, {}: {} of {} frames in use\n{}", run.name, label, frames_used, run.report.frames,
               record::matrix_as_text(matrix));
  };
  for (const record::Mark& mark : run.report.marks) stage(mark.label, mark.frames_used, mark.matrix);
  stage("at the end", run.report.frames_used, run.report.matrix);
}

// Counters that are 0 in every run say nothing.
void print_counters(const std::vector<NamedReport>& reports) {
  fmt::print("\n{:<20}", "counter");
  for (const auto& report : reports) fmt::print(" {:>14}", report.name);
  fmt::print("  unit\n");
  for (std::size_t i = 0; i < record::counter_count; ++i) {
    const record::CounterInfo& counter = record::counter_list()[i];
    const auto value = [i](const NamedReport& run) { return run.report.counters.at(i); };
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
