// The charts of the report page, each with what it says in words.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "page/heat_map.hpp"
#include "page/markup.hpp"
#include "page/sections.hpp"

namespace cmma::page {
namespace {

using record::Counter;

constexpr std::size_t columns = 160;

std::string pair_name(std::size_t usage, std::size_t content) {
  if (style_of(usage, content) == "Vz") return "Vz volatile, discarded";
  return fmt::format("{} {}, {}", style_of(usage, content), record::usage_names.at(usage),
                     record::content_names.at(content));
}

// Those pairs that ever have a block: what has a frame below, what has nothing above.
std::vector<Series> pair_series(const Run& run) {
  // Stable, potentially volatile, volatile, unused.
  constexpr std::array<std::size_t, record::usage_count> order{0, 2, 3, 1};
  std::vector<Series> series;
  for (std::size_t content = 0; content < record::content_count; ++content) {
    for (const std::size_t usage : order) {
      Series one{.name = pair_name(usage, content),
                 .style = style_of(usage, content),
                 .values = run.blocks(usage, content)};
      if (std::ranges::any_of(one.values, [](double value) { return value > 0; }))
        series.push_back(std::move(one));
    }
  }
  return series;
}

double highest(std::span<const Series> series) {
  double most = 0;
  for (std::size_t i = 0; !series.empty() && i < series.front().values.size(); ++i) {
    double sum = 0;
    for (const Series& one : series) sum += one.values.at(i);
    most = std::max(most, sum);
  }
  return most;
}

std::vector<Tick> memory_ticks(const Run& run) {
  const auto blocks = static_cast<double>(run.report.blocks);
  std::vector<Tick> ticks;
  for (unsigned i = 0; i <= 4; ++i) ticks.push_back({i / 4.0, i == 0 ? "0" : size_of_blocks(blocks * i / 4)});
  return ticks;
}

std::string line_at(double share, std::string_view style) {
  return fmt::format(R"(<path class="{}" d="M0 {:.1f}H{}"/>)", style, plot_height * (1 - share), plot_width);
}

Series bars_of(const Run& run, Counter counter, std::string_view name, std::string_view style) {
  return {.name = std::string{name},
          .style = std::string{style},
          .values = in_columns(run.totals(counter), run.time, columns)};
}

}  // namespace

Run::Run(const record::Report& from) : report(from) {
  for (const record::Sample& sample : from.history.samples)
    time.at.push_back(static_cast<double>(sample.instructions));
  for (const record::Mark& mark : from.marks) time.marks.push_back(static_cast<double>(mark.instructions));
}

std::vector<double> Run::blocks(std::size_t usage, std::size_t content) const {
  std::vector<double> values;
  values.reserve(report.history.samples.size());
  for (const record::Sample& sample : report.history.samples)
    values.push_back(static_cast<double>(sample.matrix.blocks.at(usage).at(content)));
  return values;
}

std::vector<double> Run::totals(Counter counter) const {
  std::vector<double> values;
  values.reserve(report.history.samples.size());
  for (const record::Sample& sample : report.history.samples)
    values.push_back(static_cast<double>(sample.counters.at(static_cast<std::size_t>(counter))));
  return values;
}

std::string states_figure(const Run& run) {
  const auto series = pair_series(run);
  const auto blocks = static_cast<double>(run.report.blocks);
  const double limit = std::min(1.0, static_cast<double>(run.report.frames) / blocks);
  return figure({.id = "states",
                 .title = "Block states over time",
                 .description = fmt::format(
                     "How many blocks are in each pair of usage and content state. Blocks with a frame are "
                     "at the bottom; they stay below the line, the host's {} frames.",
                     grouped(run.report.frames)),
                 .up = memory_ticks(run),
                 .vertical = "guest memory"},
                run.time, stacked_areas(series, run.time, blocks) + line_at(limit, "limit"), series);
}

std::string matrix_section(const Run& run) {
  std::string rows;
  for (std::size_t usage = 0; usage < record::usage_count; ++usage) {
    fmt::format_to(std::back_inserter(rows), "<tr><th scope=\"row\">{} {}</th>",
                   record::usage_letters.at(usage), record::usage_names.at(usage));
    for (std::size_t content = 0; content < record::content_count; ++content) {
      const Series series{.name = pair_name(usage, content),
                          .style = style_of(usage, content),
                          .values = run.blocks(usage, content)};
      const double most = series.values.empty() ? 0 : *std::ranges::max_element(series.values);
      const std::uint64_t now = run.report.matrix.blocks.at(usage).at(content);
      if (most == 0 && now == 0) {
        rows += "<td>0</td>";
        continue;
      }
      const std::string peak = grouped(whole(most));
      fmt::format_to(std::back_inserter(rows), "<td>{}<b>{}</b> <small>at the end, {}; most {}</small></td>",
                     small_chart(series, run.time, most,
                                 fmt::format("{} over time: at most {} blocks", series.name, peak)),
                     grouped(now), percent(now, run.report.blocks), peak);
    }
    rows += "</tr>\n";
  }
  std::string heads;
  for (std::size_t content = 0; content < record::content_count; ++content) {
    fmt::format_to(std::back_inserter(heads), "<th scope=\"col\">{} {}</th>",
                   record::content_letters.at(content), record::content_names.at(content));
  }
  return fmt::format(
      "<section id=\"matrix\"><h2>The state matrix over time</h2>\n<p>Usage state by content state, in "
      "blocks. Each "
      "small chart has a scale of its own, up to the most that were ever in the pair.</p>\n<table "
      "class=\"matrix\">\n<thead><tr><th scope=\"col\">usage</th>{}</tr></thead>\n<tbody>\n{}</tbody></table>"
      "</section>\n",
      heads, rows);
}

std::string addresses_figure(const Run& run) {
  return figure(
      {.id = "addresses",
       .title = "Where the blocks are",
       .description = fmt::format(
           "Guest memory by absolute address, address 0 at the bottom. The colour is that of the most "
           "frequent pair among {} adjacent blocks.",
           grouped(run.report.history.cell_blocks)),
       .up = memory_ticks(run),
       .vertical = "absolute address"},
      run.time, address_map(run.report.history, run.time), pair_series(run));
}

std::string maps_section(const Run& run) {
  std::string maps;
  for (std::size_t usage = 0; usage < record::usage_count; ++usage) {
    for (std::size_t content = 0; content < record::content_count; ++content) {
      const std::uint64_t blocks = run.report.matrix.blocks.at(usage).at(content);
      if (blocks == 0) continue;
      const std::string name = pair_name(usage, content);
      fmt::format_to(
          std::back_inserter(maps), "<div><h3>{}</h3><small>{} blocks, {}</small>{}</div>\n", name,
          grouped(blocks), percent(blocks, run.report.blocks),
          density_map(run.report.map, usage, content,
                      fmt::format("Heat map of main storage: {}, {} blocks", name, grouped(blocks))));
    }
  }
  return fmt::format(
      "<section id=\"maps\"><h2>Heat map at the end, by state</h2>\n<p>Main storage row by row, address 0 at "
      "the top "
      "left, {} adjacent blocks a cell. The more of them are in the state, the stronger is the "
      "colour.</p>\n<div "
      "class=\"maps\">\n{}</div></section>\n",
      grouped(run.report.map.cell_blocks), maps);
}

std::string discards_figure(const Run& run) {
  const std::array up{
      bars_of(run, Counter::discards_volatile, "discards of volatile blocks", "Vz"),
      bars_of(run, Counter::discards_potential, "discards of potentially volatile blocks", "Pr")};
  const std::array down{bars_of(run, Counter::discard_faults, "discard faults", "fault")};
  const double above = highest(up);
  const double below = highest(down);
  const double all = above + below;
  const double base = all > 0 ? below / all : 0.5;
  std::vector<Tick> ticks;
  for (const Tick& tick : round_ticks(above, 3, rounded))
    ticks.push_back({base + ((1 - base) * tick.at), tick.text});
  // A scale below the line only where it would not run into the other.
  if (below > all / 10) ticks.insert(ticks.begin(), {0, rounded(below)});
  const std::array legend{up[0], up[1], down[0]};
  return figure(
      {.id = "discards",
       .title = "Discards and discard faults",
       .description = fmt::format(
           "Above the line: blocks that the host threw away without a write, {}. Below the line: accesses of "
           "the guest to a "
           "discarded block, {}. Each bar is one part in {} of the run.",
           grouped(run.counter(Counter::discards_volatile) + run.counter(Counter::discards_potential)),
           grouped(run.counter(Counter::discard_faults)), columns),
       .up = ticks,
       .vertical = "blocks, accesses"},
      run.time,
      stacked_bars(up, all, base, false) + stacked_bars(down, all, base, true) + line_at(base, "base"),
      legend);
}

std::string avoided_section(const Run& run) {
  struct Way {
    Counter counter;
    std::string_view style;
    std::string_view name;
    std::string_view meaning;
  };
  constexpr std::array<Way, 5> ways{
      {{Counter::page_outs, "written", "written", "to the paging store"},
       {Counter::copies_reused, "Sp", "copy still good", "not written: the paging store had the content"},
       {Counter::discards_volatile, "Vz", "volatile, discarded",
        "not written: the guest can get it back itself"},
       {Counter::discards_potential, "Pr", "potentially volatile, unchanged, discarded",
        "not written: the guest can get it back itself"},
       {Counter::drops_unused, "Ur", "unused, dropped", "not written: the guest does not need it"}}};
  std::vector<Series> series;
  std::uint64_t all = 0;
  for (const Way& way : ways) {
    all += run.counter(way.counter);
    series.push_back(
        {.name = std::string{way.name}, .style = std::string{way.style}, .values = run.totals(way.counter)});
  }
  std::string rows;
  std::string shares;
  for (const Way& way : ways) {
    const std::uint64_t count = run.counter(way.counter);
    fmt::format_to(std::back_inserter(rows),
                   "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td "
                   "class=\"number\">{}</td><td>{}</td></tr>\n",
                   way.name, grouped(count), percent(count, all), way.meaning);
    const double share = all == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(all);
    fmt::format_to(std::back_inserter(shares), R"(<i class="{}" style="width:{:.2f}%" title="{}"></i>)",
                   way.style, share, way.name);
  }
  const double top = std::max(1.0, highest(series));
  const std::uint64_t avoided = all - run.counter(Counter::page_outs);
  return figure(
             {.id = "avoided",
              .title = "I/O avoided",
              .description = fmt::format(
                  "{} blocks have left their frames; {} of them ({}) without a write to the paging store. {} "
                  "have been read back. The chart has the running totals.",
                  grouped(all), grouped(avoided), percent(avoided, all),
                  grouped(run.counter(Counter::page_ins))),
              .up = round_ticks(top, 4, rounded),
              .vertical = "blocks that have left, running total"},
             run.time, stacked_areas(series, run.time, top), series) +
         fmt::format(
             "<section id=\"left\"><h2>How blocks left their frames</h2>\n<div class=\"share\" "
             "aria-hidden=\"true\">{}</div>\n<div "
             "class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">way</th><th scope=\"col\" "
             "class=\"number\">blocks</th><th "
             "scope=\"col\" class=\"number\">share</th><th scope=\"col\">what it "
             "means</th></tr></thead>\n<tbody>\n{}"
             "</tbody></table></div></section>\n",
             shares, rows);
}

}  // namespace cmma::page
