#include "page/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "page/markup.hpp"

namespace cmma::page {
namespace {

// A point of a path: as few characters as show the same picture.
void add_point(std::string& path, char verb, double x, double y) {
  fmt::format_to(std::back_inserter(path), "{}{:.0f} {:.1f}", verb, x, y);
}

double level(double value, double top) {
  return plot_height * (1 - std::clamp(top > 0 ? value / top : 0.0, 0.0, 1.0));
}

// One area from the line `low` to the line `high`.
std::string area(const Series& series, const TimeAxis& time, std::span<const double> low,
                 std::span<const double> high, double top) {
  std::string path;
  const std::size_t count = high.size();
  for (std::size_t i = 0; i < count; ++i)
    add_point(path, i == 0 ? 'M' : 'L', plot_width * time.place(time.at.at(i)), level(high[i], top));
  for (std::size_t i = count; i-- > 0;)
    add_point(path, 'L', plot_width * time.place(time.at.at(i)), level(low[i], top));
  return fmt::format("<path class=\"{}\" d=\"{}Z\"><title>{}</title></path>\n", escape(series.style), path,
                     escape(series.name));
}

std::string mark_lines(const TimeAxis& time) {
  std::string lines;
  for (const double mark : time.marks) {
    fmt::format_to(std::back_inserter(lines), R"(<path class="mark" d="M{0:.1f} 0V{1:.0f}"/>)",
                   plot_width * time.place(mark), plot_height);
  }
  return lines;
}

// The numbers of the marks above the plot; those that would cover each other share a place.
std::string mark_numbers(const TimeAxis& time) {
  constexpr double room = 0.07;
  std::string html;
  for (std::size_t i = 0; i < time.marks.size();) {
    const double place = time.place(time.marks.at(i));
    std::size_t last = i;
    while (last + 1 < time.marks.size() && time.place(time.marks.at(last + 1)) - place < room) ++last;
    const std::string text = last == i ? fmt::format("{}", i + 1) : fmt::format("{}–{}", i + 1, last + 1);
    fmt::format_to(std::back_inserter(html), "<span style=\"left:{:.1f}%\">{}</span>", 100 * place, text);
    i = last + 1;
  }
  return html;
}

std::string scale(std::span<const Tick> ticks, std::string_view side) {
  std::string html;
  for (const Tick& tick : ticks) {
    fmt::format_to(std::back_inserter(html), "<span style=\"{}:{:.1f}%\">{}</span>", side, 100 * tick.at,
                   escape(tick.text));
  }
  return html;
}

}  // namespace

std::vector<Tick> round_ticks(double end, unsigned count, std::string (*text)(double)) {
  if (!(end > 0)) return {{0, text(0)}};
  const double rough = end / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= power * factor) {
      step = power * factor;
      break;
    }
  }
  std::vector<Tick> ticks;
  for (unsigned i = 0; i * step <= end * 1.0001; ++i) ticks.push_back({i * step / end, text(i * step)});
  return ticks;
}

double TimeAxis::place(double instructions) const { return std::clamp(instructions / end(), 0.0, 1.0); }

std::string figure(const Frame& frame, const TimeAxis& time, const std::string& shapes,
                   std::span<const Series> legend) {
  std::string keys;
  for (const Series& series : legend) {
    fmt::format_to(std::back_inserter(keys), "<li><i class=\"{}\"></i>{}</li>", escape(series.style),
                   escape(series.name));
  }
  std::vector<Tick> across = round_ticks(time.end(), 4, rounded);
  // The last one would stand out of the page if it is at the very end; it is moved in by its class.
  return fmt::format(
      R"(<figure id="{id}">
<figcaption><h2>{title}</h2><p id="{id}-text">{description}</p></figcaption>
<ul class="legend">{keys}</ul>
<p class="unit">{vertical}</p>
<div class="plot">
<div class="marks" aria-hidden="true">{numbers}</div>
<div class="up" aria-hidden="true">{up}</div>
<svg role="img" aria-label="{label}" aria-describedby="{id}-text" viewBox="0 0 {width} {height}" preserveAspectRatio="none">
{shapes}{lines}</svg>
<div class="across" aria-hidden="true">{across}</div>
</div>
<p class="unit end">guest instructions</p>
</figure>
)",
      fmt::arg("id", frame.id), fmt::arg("title", escape(frame.title)),
      fmt::arg("label", escape(frame.title)), fmt::arg("description", escape(frame.description)),
      fmt::arg("keys", keys), fmt::arg("vertical", escape(frame.vertical)),
      fmt::arg("numbers", mark_numbers(time)), fmt::arg("up", scale(frame.up, "bottom")),
      fmt::arg("width", plot_width), fmt::arg("height", plot_height), fmt::arg("shapes", shapes),
      fmt::arg("lines", mark_lines(time)), fmt::arg("across", scale(across, "left")));
}

std::string stacked_areas(std::span<const Series> series, const TimeAxis& time, double top) {
  std::vector<double> low(time.at.size());
  std::string shapes;
  for (const Series& one : series) {
    std::vector<double> high = low;
    for (std::size_t i = 0; i < high.size(); ++i) high.at(i) += one.values.at(i);
    shapes += area(one, time, low, high, top);
    low = std::move(high);
  }
  return shapes;
}

std::vector<double> in_columns(std::span<const double> totals, const TimeAxis& time, std::size_t columns) {
  std::vector<double> amounts(columns);
  const double width = time.end() / static_cast<double>(columns);
  const auto column_of = [&](double at) {
    return std::min(columns - 1, static_cast<std::size_t>(std::max(0.0, at / width)));
  };
  for (std::size_t i = 1; i < totals.size(); ++i) {
    const double from = time.at.at(i - 1);
    const double to = time.at.at(i);
    const double amount = std::max(0.0, totals[i] - totals[i - 1]);
    const std::size_t first = column_of(from);
    const std::size_t last = column_of(to);
    if (first == last) {
      amounts.at(first) += amount;
      continue;
    }
    for (std::size_t column = first; column <= last; ++column) {
      const double begin = std::max(from, width * static_cast<double>(column));
      const double end = column == last ? to : width * static_cast<double>(column + 1);
      amounts.at(column) += amount * std::max(0.0, end - begin) / (to - from);
    }
  }
  return amounts;
}

std::string stacked_bars(std::span<const Series> series, double top, double base, bool downwards) {
  if (series.empty() || !(top > 0)) return {};
  std::vector<double> filled(series.front().values.size());
  std::string shapes;
  for (const Series& one : series) {
    std::string path;
    const double width = plot_width / static_cast<double>(filled.size());
    for (std::size_t i = 0; i < filled.size(); ++i) {
      const double height = plot_height * one.values.at(i) / top;
      // Less than can be seen.
      if (height < 0.05) continue;
      const double line = plot_height * (1 - base);
      const double y = downwards ? line + filled.at(i) : line - filled.at(i) - height;
      fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}h{:.1f}v{:.1f}h-{:.1f}z",
                     width * static_cast<double>(i), y, width, height, width);
      filled.at(i) += height;
    }
    shapes += fmt::format("<path class=\"{}\" d=\"{}\"><title>{}</title></path>\n", escape(one.style),
                          path.empty() ? "M0 0" : path, escape(one.name));
  }
  return shapes;
}

std::string small_chart(const Series& series, const TimeAxis& time, double top,
                        std::string_view description) {
  const std::vector<double> low(time.at.size());
  return fmt::format(
      R"(<svg role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>)",
      escape(description), plot_width, plot_height, area(series, time, low, series.values, top));
}

}  // namespace cmma::page
