// Main storage as a picture: where the blocks in each state are, over time and at the end.
//
// Who may call it: the other files of this folder, and tests. C1 and C2 of chart.hpp hold.
#ifndef CMMA_PAGE_HEAT_MAP_HPP
#define CMMA_PAGE_HEAT_MAP_HPP

#include <string>
#include <string_view>

#include "page/chart.hpp"
#include "record/history.hpp"

namespace cmma::page {

// Shapes for a plot: time across, absolute addresses upwards, the colour that of the most frequent pair.
[[nodiscard]] std::string address_map(const record::History& history, const TimeAxis& time);

// A square of cells, row by row from address 0; the more of a cell's blocks are in the pair, the stronger is
// its colour. `usage` and `content` are places in record::Matrix.
[[nodiscard]] std::string density_map(const record::BlockMap& map, std::size_t usage, std::size_t content,
                                      std::string_view description);

// The class of a pair's colour: "Sr".
[[nodiscard]] std::string style_of(std::size_t usage, std::size_t content);

}  // namespace cmma::page
#endif
