// What a run leaves behind: the report and the end of the trace.
#include "record/report.hpp"

#include <fmt/format.h>

#include "host/host.hpp"
#include "record/matrix.hpp"

namespace cmma::host {
namespace {

std::vector<std::pair<std::string, std::string>> options_in_force(const Options& options,
                                                                  const Policy& policy,
                                                                  std::uint64_t frames) {
  const auto choice = [](bool flag, const char* yes, const char* no) { return std::string{flag ? yes : no}; };
  const state::Reading& reading = options.reading;
  return {
      {"frames", fmt::format("{}K", frames * (CMMA_BLOCK_SIZE / 1024))},
      {"policy", std::string{policy.name()}},
      {"seed", fmt::to_string(options.seed.value_or(0))},
      {"store", options.store},
      {"json", options.json},
      {"trace", options.trace},
      {"nodat", choice(reading.nodat, "on", "off")},
      {"unused", choice(reading.unused_is_exception, "exception", "zero")},
      {"channel", choice(reading.channel_checks, "check", "zero")},
      {"orc6", choice(reading.orc6_stabilises_uz, "not-discarded", "resident")},
      {"test", choice(options.test, "on", "off")},
  };
}

}  // namespace

record::Report Host::report() {
  record::Report report;
  report.options = options_in_force(options_, *policy_, frames_.limit());
  report.blocks = blocks();
  report.frames = frames_.limit();
  report.frames_used = frames_.used();
  for (int cpu = 0; cpu <= last_cpu_.load(); ++cpu) {
    report.instructions += machine_.instructions(machine_.context, cpu);
  }
  report.failed = failed();
  report.matrix = record::count_states(states_);
  report.counters = counters_.snapshot();
  return report;
}

void Host::write_reports() {
  const Section section(*this);
  if (!options_.json.empty()) {
    if (auto written = record::write_report(options_.json, report()); !written)
      say(std::move(written.error()));
  }
  if (trace_) {
    if (auto closed = trace_->close(); !closed) say(std::move(closed.error()));
    trace_.reset();
  }
}

}  // namespace cmma::host
