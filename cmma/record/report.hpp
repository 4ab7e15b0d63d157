// The report of a run: one JSON object with named fields.
//
// Who may call it: the host at its end, and whoever joins reports of several runs.
//
// Invariants
//   J1  `schema` changes when a field changes its name or meaning, or a reader needs one that was not there
//   before.
//       docs/report.md describes the fields.
//   J2  A report file is whole or not there: it is written beside its place and then renamed.
#ifndef CMMA_RECORD_REPORT_HPP
#define CMMA_RECORD_REPORT_HPP

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "record/counters.hpp"
#include "record/history.hpp"
#include "record/matrix.hpp"

namespace cmma::record {

inline constexpr int report_schema = 2;

// A moment that somebody wanted noted: where the run was then.
struct Mark {
  std::string label;
  std::uint64_t frames_used = 0;
  std::uint64_t instructions = 0;
  Matrix matrix{};
  CounterValues counters{};
};

struct Report {
  // As they were in force, defaults included; in the order in which they are to be shown.
  std::vector<std::pair<std::string, std::string>> options;
  std::uint64_t blocks = 0;
  std::uint64_t frames = 0;        // the limit
  std::uint64_t frames_used = 0;   // at the end
  std::uint64_t instructions = 0;  // completed by all CPUs
  bool failed = false;             // the host had to stop the machine
  Matrix matrix{};
  CounterValues counters{};
  std::vector<Mark> marks{};  // in the order of time
  History history{};
  BlockMap map{};  // at the end
};

[[nodiscard]] nlohmann::ordered_json report_as_json(const Report& report);

// The same as text: a line for each figure, and for each series of the history.
[[nodiscard]] std::string report_as_text(const Report& report);

// From a file that write_report wrote, or somebody else: everything is checked. The error is one line that
// names the file and what is wrong with it.
[[nodiscard]] std::expected<Report, std::string> read_report(const std::string& path);

// The error names the file and the reason.
[[nodiscard]] std::expected<void, std::string> write_report(const std::string& path, const Report& report);

}  // namespace cmma::record
#endif
