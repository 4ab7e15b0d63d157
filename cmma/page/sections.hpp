// The parts of the report page, from top to bottom.
//
// Who may call it: page.cpp.
#ifndef CMMA_PAGE_SECTIONS_HPP
#define CMMA_PAGE_SECTIONS_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "page/chart.hpp"
#include "record/report.hpp"

namespace cmma::page {

// What all parts need of a report.
struct Run {
  const record::Report& report;
  TimeAxis time;

  explicit Run(const record::Report& from);
  [[nodiscard]] std::uint64_t counter(record::Counter counter) const {
    return report.counters.at(static_cast<std::size_t>(counter));
  }
  // Of each sample: blocks in a pair, or a counter.
  [[nodiscard]] std::vector<double> blocks(std::size_t usage, std::size_t content) const;
  [[nodiscard]] std::vector<double> totals(record::Counter counter) const;
};

[[nodiscard]] std::string tiles(const Run& run);
// figures.cpp
[[nodiscard]] std::string states_figure(const Run& run);
[[nodiscard]] std::string matrix_section(const Run& run);
[[nodiscard]] std::string addresses_figure(const Run& run);
[[nodiscard]] std::string maps_section(const Run& run);
[[nodiscard]] std::string discards_figure(const Run& run);
[[nodiscard]] std::string avoided_section(const Run& run);
// tables.cpp
[[nodiscard]] std::string marks_section(const Run& run);
[[nodiscard]] std::string tables_section(const Run& run);

}  // namespace cmma::page
#endif
