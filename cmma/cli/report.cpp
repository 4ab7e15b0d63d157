// `cmma report RUN.json`: the report of a run (boot --json) as one page of HTML.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/subcommand.hpp"
#include "page/page.hpp"
#include "record/whole_file.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

int write_report_page(const std::string& run, const std::string& asked) {
  const std::string page = asked.empty() ? fs::path{run}.replace_extension(".html").string() : asked;
  const auto report = record::read_report(run);
  if (!report) {
    fmt::print(stderr, "cmma: {}\n", report.error());
    return exit_usage;
  }
  std::error_code no_such_page;
  if (page == run || fs::equivalent(run, page, no_such_page)) {
    fmt::print(stderr, "cmma: {} is the report itself: give the page another name with -o\n", run);
    return exit_usage;
  }
  const std::string name = fs::path{run}.filename().string();
  if (auto written = record::write_whole_file(page, page::write_page(*report, name)); !written) {
    fmt::print(stderr, "cmma: cannot write {}\n", written.error());
    return exit_host;
  }
  fmt::print("{}\n", page);
  return exit_good;
}

}  // namespace

void register_report(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("report", "Show a run (boot --json FILE) as a page for a web browser");
  struct Asked {
    std::string run;
    std::string page;
  };
  auto asked = std::make_shared<Asked>();
  command->add_option("RUN", asked->run, "The report of the run, as JSON")->required();
  command->add_option("-o,--output", asked->page, "The page (default: RUN with the ending .html)");
  command->callback([&run, asked] { run = [asked] { return write_report_page(asked->run, asked->page); }; });
}

}  // namespace cmma::cli
