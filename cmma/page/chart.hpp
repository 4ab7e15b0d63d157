// Charts as inline SVG with their scales as HTML, so that the text keeps its size at every width.
//
// Who may call it: the other files of this folder, and tests.
//
// Invariants
//   C1  A chart has role="img" and its text alternative, and needs no script, no font and no file.
//   C2  Its colours are classes; the style sheet has them for the light and for the dark scheme.
//   C3  The horizontal axis is guest instructions: it knows no clock.
#ifndef CMMA_PAGE_CHART_HPP
#define CMMA_PAGE_CHART_HPP

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::page {

// The plotting area, in units of its own; it is stretched to what room there is.
inline constexpr double plot_width = 1000;
inline constexpr double plot_height = 400;

struct Series {
  std::string name;
  std::string style;           // its class
  std::vector<double> values;  // one for each point of time
};

struct Tick {
  double at = 0;  // 0..1 of the length of the axis
  std::string text;
};

// About `count` round numbers from 0 to `end`.
[[nodiscard]] std::vector<Tick> round_ticks(double end, unsigned count, std::string (*text)(double));

// Where time is: of the samples, and of the moments that have been marked.
struct TimeAxis {
  std::vector<double> at;     // instructions at each sample; never goes down
  std::vector<double> marks;  // instructions at each mark
  [[nodiscard]] double end() const { return at.empty() || at.back() <= 0 ? 1 : at.back(); }
  // 0..1
  [[nodiscard]] double place(double instructions) const;
};

struct Frame {
  std::string_view id;        // unique on the page
  std::string_view title;     // heading
  std::string description;    // text alternative, and what is shown below the heading
  std::vector<Tick> up;       // vertical scale, 0 is below
  std::string_view vertical;  // what it counts
};

// A figure around the shapes of a plot: heading, description, scales, lines at the marks, legend.
[[nodiscard]] std::string figure(const Frame& frame, const TimeAxis& time, const std::string& shapes,
                                 std::span<const Series> legend);

// One on top of another, the first at the bottom. `top`: the value at the upper edge.
[[nodiscard]] std::string stacked_areas(std::span<const Series> series, const TimeAxis& time, double top);

// The amounts that came in each of `columns` equal parts of time, from running totals at the samples. Where a
// part lies between two samples it gets its share of what came between them.
[[nodiscard]] std::vector<double> in_columns(std::span<const double> totals, const TimeAxis& time,
                                             std::size_t columns);

// Bars one on top of another from the line at `base` (0..1 from below) upwards, or downwards. `top`: the
// value at which a bar would be as high as the plot.
[[nodiscard]] std::string stacked_bars(std::span<const Series> series, double top, double base,
                                       bool downwards);

// A line in a box of its own, `top` at its upper edge.
[[nodiscard]] std::string small_chart(const Series& series, const TimeAxis& time, double top,
                                      std::string_view description);

}  // namespace cmma::page
#endif
