#include "page/page.hpp"

#include <fmt/format.h>

#include "page/markup.hpp"
#include "page/sections.hpp"
#include "page/style.hpp"

namespace cmma::page {
namespace {

std::string option(const record::Report& report, std::string_view name) {
  for (const auto& [known, value] : report.options) {
    if (known == name) return value;
  }
  return "?";
}

std::string tile(std::string_view name, const std::string& value, const std::string& more) {
  return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name, value, more);
}

}  // namespace

std::string tiles(const Run& run) {
  using record::Counter;
  const record::Report& report = run.report;
  const std::uint64_t discards =
      run.counter(Counter::discards_volatile) + run.counter(Counter::discards_potential);
  const std::uint64_t left = run.counter(Counter::page_outs) + run.counter(Counter::writes_avoided);
  const auto blocks = static_cast<double>(report.blocks);
  const auto frames = static_cast<double>(report.frames);
  return "<dl class=\"tiles\">\n" +
         tile("Guest memory", size_of_blocks(blocks), grouped(report.blocks) + " blocks") +
         tile("Frames of the host", size_of_blocks(frames), grouped(report.frames) + " frames") +
         tile("Guest instructions", rounded(static_cast<double>(report.instructions)),
              grouped(report.instructions)) +
         tile("Discards", grouped(discards), "blocks thrown away without a write") +
         tile("Discard faults", grouped(run.counter(Counter::discard_faults)),
              "accesses to a discarded block") +
         tile("Left without a write", percent(run.counter(Counter::writes_avoided), left),
              fmt::format("{} of {} blocks", grouped(run.counter(Counter::writes_avoided)), grouped(left))) +
         "</dl>\n";
}

std::string write_page(const record::Report& report, std::string_view name) {
  const Run run(report);
  const std::string title = escape(name);
  return fmt::format(
             R"(<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{0}: guest page hinting</title>
<style>{1}</style>
</head>
<body>
<main>
<header>
<h1>{0}</h1>
<p class="lead">Policy {2}. What each 4 KB block of guest memory was worth to the guest, where it was, and what that saved the
host.</p>
<p class="verdict{3}">{4}</p>
</header>
)",
             title, style_sheet, escape(option(report, "policy")), report.failed ? " failed" : "",
             report.failed ? "The host had to stop the machine." : "The host went on to the end.") +
         tiles(run) + marks_section(run) + states_figure(run) + matrix_section(run) + addresses_figure(run) +
         maps_section(run) + discards_figure(run) + avoided_section(run) + tables_section(run) +
         fmt::format(
             "<footer>{} samples, one for every {} frames given or taken. Written by cmma report, schema "
             "{}.</footer>\n</main>\n</body>\n</html>\n",
             report.history.samples.size(), grouped(report.history.interval), record::report_schema);
}

}  // namespace cmma::page
