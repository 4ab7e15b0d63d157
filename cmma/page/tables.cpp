// The tables of the report page: marks, counters, options, and the figures of all samples (G2).
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "page/heat_map.hpp"
#include "page/markup.hpp"
#include "page/sections.hpp"

namespace cmma::page {
namespace {

using record::Counter;

constexpr std::array shown_counters{
    Counter::page_ins,           Counter::page_outs,    Counter::copies_reused, Counter::discards_volatile,
    Counter::discards_potential, Counter::drops_unused, Counter::discard_faults};

std::string_view name_of(Counter counter) {
  return record::counter_list()[static_cast<std::size_t>(counter)].name;
}

std::string number_cell(std::uint64_t number) {
  return fmt::format("<td class=\"number\">{}</td>", grouped(number));
}
std::string number_head(std::string_view name) {
  return fmt::format(R"(<th scope="col" class="number">{}</th>)", escape(name));
}

std::string pair_heads() {
  std::string html;
  for (std::size_t usage = 0; usage < record::usage_count; ++usage) {
    for (std::size_t content = 0; content < record::content_count; ++content)
      html += number_head(style_of(usage, content));
  }
  return html;
}

std::string pair_cells(const record::Matrix& matrix) {
  std::string html;
  for (const auto& row : matrix.blocks) {
    for (const std::uint64_t blocks : row) html += number_cell(blocks);
  }
  return html;
}

std::string counter_cells(const record::CounterValues& counters) {
  std::string html;
  for (const Counter counter : shown_counters)
    html += number_cell(counters.at(static_cast<std::size_t>(counter)));
  return html;
}

std::string counter_heads() {
  std::string html;
  for (const Counter counter : shown_counters) html += number_head(name_of(counter));
  return html;
}

std::string samples_table(const Run& run) {
  std::string rows;
  for (const record::Sample& sample : run.report.history.samples) {
    rows += "<tr>" + number_cell(sample.instructions) + number_cell(sample.events) +
            number_cell(sample.frames_used) + pair_cells(sample.matrix) + counter_cells(sample.counters) +
            "</tr>\n";
  }
  return fmt::format(
      "<details id=\"figures\"><summary>Figures of all samples</summary><div class=\"scroll\" "
      "tabindex=\"0\" role=\"region\" aria-label=\"Figures of all samples\"><table>\n<thead><tr>{}{}{}{}{}"
      "</tr></thead>\n<tbody>\n{}</tbody></table></div></details>\n",
      number_head("instructions"), number_head("host events"), number_head("frames used"), pair_heads(),
      counter_heads(), rows);
}

std::string counters_table(const Run& run) {
  std::string rows;
  for (std::size_t i = 0; i < record::counter_count; ++i) {
    const record::CounterInfo& info = record::counter_list()[i];
    fmt::format_to(std::back_inserter(rows), "<tr><th scope=\"row\">{}</th>{}<td>{}</td></tr>\n",
                   escape(info.name), number_cell(run.report.counters.at(i)), escape(info.meaning));
  }
  return fmt::format(
      "<details open=\"open\"><summary>Counters</summary><div class=\"scroll\"><table>\n<thead><tr><th "
      "scope=\"col\">counter</th>{}<th scope=\"col\">meaning</th></tr></thead>\n<tbody>\n{}</tbody>"
      "</table></div></details>\n",
      number_head("value"), rows);
}

std::string options_table(const Run& run) {
  std::string rows;
  for (const auto& [name, value] : run.report.options) {
    fmt::format_to(std::back_inserter(rows), "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(name),
                   value.empty() ? "–" : escape(value));
  }
  return fmt::format(
      "<details><summary>Options of the host</summary><div class=\"scroll\"><table>\n<thead><tr><th "
      "scope=\"col\">option</th><th scope=\"col\">value</th></tr></thead>\n<tbody>\n{}</tbody></table>"
      "</div></details>\n",
      rows);
}

}  // namespace

std::string marks_section(const Run& run) {
  if (run.report.marks.empty()) return {};
  std::string rows;
  std::size_t number = 0;
  for (const record::Mark& mark : run.report.marks) {
    fmt::format_to(std::back_inserter(rows),
                   "<tr><td class=\"number\">{}</td><th scope=\"row\">{}</th>{}{}{}</tr>\n", ++number,
                   escape(mark.label), number_cell(mark.instructions), number_cell(mark.frames_used),
                   counter_cells(mark.counters));
  }
  return fmt::format(
      "<section id=\"marks\"><h2>Marks</h2>\n<p>Moments that the guest or the operator noted. Dashed lines "
      "with "
      "these numbers show them in the charts; counters are from the start.</p>\n<div class=\"scroll\" "
      "tabindex=\"0\" role=\"region\" aria-label=\"Marks\"><table>\n<thead><tr>{}<th scope=\"col\">mark</th>"
      "{}{}{}</tr></thead>\n<tbody>\n{}</tbody></table></div></section>\n",
      number_head("#"), number_head("instructions"), number_head("frames used"), counter_heads(), rows);
}

std::string tables_section(const Run& run) {
  return "<section id=\"tables\"><h2>Figures</h2>\n" + counters_table(run) + options_table(run) +
         samples_table(run) + "</section>\n";
}

}  // namespace cmma::page
