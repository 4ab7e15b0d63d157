// The report of a run as one page of HTML that needs nothing else: no network, no script, no font, no file.
//
// Who may call it: `cmma report`, and tests.
//
// Invariants
//   G1  The page is well-formed XML, whatever the report says, and its content security policy allows no
//   request. G2  Every figure that a chart draws is also in a table.
#ifndef CMMA_PAGE_PAGE_HPP
#define CMMA_PAGE_PAGE_HPP

#include <string>
#include <string_view>

#include "record/report.hpp"

namespace cmma::page {

// `name`: what to call the run, a file name mostly. REQUIRES: `report` came from read_report or from a host.
[[nodiscard]] std::string write_page(const record::Report& report, std::string_view name);

}  // namespace cmma::page
#endif
