#include "page/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "page/markup.hpp"

namespace cmma::page {
namespace {

constexpr std::size_t columns = 200;
constexpr std::size_t pairs = record::usage_count * record::content_count;
constexpr std::size_t shades = 6;

// The sample that is in force at the middle of each column.
std::vector<const record::Sample*> sample_of_columns(const record::History& history, const TimeAxis& time) {
  std::vector<const record::Sample*> chosen;
  std::size_t at = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    const double middle = time.end() * (static_cast<double>(column) + 0.5) / columns;
    while (at + 1 < history.samples.size() && time.at.at(at + 1) <= middle) ++at;
    chosen.push_back(&history.samples.at(at));
  }
  return chosen;
}

}  // namespace

std::string style_of(std::size_t usage, std::size_t content) {
  return {record::usage_letters.at(usage), record::content_letters.at(content)};
}

std::string address_map(const record::History& history, const TimeAxis& time) {
  if (history.samples.empty() || history.samples.front().map.empty()) return {};
  const std::size_t rows = history.samples.front().map.size();
  const double height = plot_height / static_cast<double>(rows);
  const double width = plot_width / columns;
  std::array<std::string, pairs> paths;
  const auto chosen = sample_of_columns(history, time);
  // Columns that show the same are drawn once, and so are adjacent cells of a column.
  for (std::size_t column = 0; column < columns;) {
    const std::string& map = chosen.at(column)->map;
    std::size_t alike = 1;
    while (column + alike < columns && chosen.at(column + alike)->map == map) ++alike;
    for (std::size_t row = 0; row < rows;) {
      std::size_t run = 1;
      while (row + run < rows && map.at(row + run) == map.at(row)) ++run;
      fmt::format_to(std::back_inserter(paths.at(static_cast<std::size_t>(map.at(row) - 'a'))),
                     "M{:g} {:.5g}h{:g}v{:.5g}h-{:g}z", width * static_cast<double>(column),
                     plot_height - (height * static_cast<double>(row + run)),
                     width * static_cast<double>(alike), height * static_cast<double>(run),
                     width * static_cast<double>(alike));
      row += run;
    }
    column += alike;
  }
  std::string shapes;
  for (std::size_t i = 0; i < pairs; ++i) {
    if (paths.at(i).empty()) continue;
    shapes += fmt::format("<path class=\"{} cells\" d=\"{}\"/>\n",
                          style_of(i / record::content_count, i % record::content_count), paths.at(i));
  }
  return shapes;
}

std::string density_map(const record::BlockMap& map, std::size_t usage, std::size_t content,
                        std::string_view description) {
  const auto side = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(map.cells.size()))));
  const std::string style = style_of(usage, content);
  std::array<std::string, shades + 1> paths;
  const auto shade_of = [&](std::size_t cell) {
    const record::Matrix& matrix = map.cells.at(cell);
    const double all = static_cast<double>(std::max<std::uint64_t>(1, matrix.total()));
    const double share = static_cast<double>(matrix.blocks.at(usage).at(content)) / all;
    // A single block is to be seen.
    return static_cast<std::size_t>(std::ceil(std::min(1.0, share) * shades));
  };
  for (std::size_t cell = 0; cell < map.cells.size();) {
    const std::size_t shade = shade_of(cell);
    const std::size_t row_end = std::min(map.cells.size(), (cell / side + 1) * side);
    std::size_t run = 1;
    while (cell + run < row_end && shade_of(cell + run) == shade) ++run;
    fmt::format_to(std::back_inserter(paths.at(shade)), "M{} {}h{}v1h-{}z", cell % side, cell / side, run,
                   run);
    cell += run;
  }
  std::string shapes = fmt::format(R"(<path class="empty" d="{}"/>)", paths.front());
  for (std::size_t shade = 1; shade <= shades; ++shade) {
    if (paths.at(shade).empty()) continue;
    shapes += fmt::format(R"(<path class="{} cells" opacity="{:.2g}" d="{}"/>)", style,
                          0.2 + (0.8 * static_cast<double>(shade) / shades), paths.at(shade));
  }
  return fmt::format(R"(<svg role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>)", escape(description),
                     side, side, shapes);
}

}  // namespace cmma::page
