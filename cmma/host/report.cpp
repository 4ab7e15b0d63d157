// What a run leaves behind: the report and the end of the trace.
#include "record/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/host.hpp"
#include "linux/kernel_log.hpp"
#include "record/matrix.hpp"
#include "record/whole_file.hpp"

namespace cmma::host {

std::vector<std::pair<std::string, std::string>> Host::options_in_force() const {
  const auto choice = [](bool flag, const char* yes, const char* no) { return std::string{flag ? yes : no}; };
  const state::Reading& reading = options_.reading;
  return {
      {"frames", fmt::format("{}K", frames_.limit() * (CMMA_BLOCK_SIZE / 1024))},
      {"policy", std::string{policy_->name()}},
      {"seed", fmt::to_string(options_.seed.value_or(0))},
      {"store", options_.store},
      {"json", options_.json},
      {"kernel-log", options_.kernel_log},
      {"trace", options_.trace},
      {"nodat", choice(reading.nodat, "on", "off")},
      {"unused", choice(reading.unused_is_exception, "exception", "zero")},
      {"channel", choice(reading.channel_checks, "check", "zero")},
      {"orc6", choice(reading.orc6_stabilises_uz, "not-discarded", "resident")},
      {"reset-states", choice(reading.program_reset_is_reset, "on", "off")},
      {"race", options_.race},
      {"symbols", options_.symbols},
      {"schedule", options_.schedule},
      {"interleaving", options_.interleaving},
      {"test", choice(options_.test, "on", "off")},
  };
}

std::uint64_t Host::instructions() const {
  std::uint64_t sum = 0;
  for (int cpu = 0; cpu <= last_cpu_.load(); ++cpu) sum += machine_.instructions(machine_.context, cpu);
  // A CPU that has been taken off line counts for nothing any more; at the end of a run that is all of them.
  return std::max(sum, sampler_.instructions());
}

void Host::mark(std::string label) {
  const Section section(*this);
  marks_.push_back({.label = std::move(label),
                    .frames_used = frames_.used(),
                    .instructions = instructions(),
                    .matrix = record::count_states(states_),
                    .counters = counters_.snapshot()});
}

record::Report Host::report() {
  record::Report report;
  report.options = options_in_force();
  report.blocks = blocks();
  report.frames = frames_.limit();
  report.frames_used = frames_.used();
  report.instructions = instructions();
  report.failed = failed();
  report.matrix = record::count_states(states_);
  report.counters = counters_.snapshot();
  report.marks = marks_;
  report.history = sampler_.until_now(states_, report.counters, report.frames_used);
  report.history.samples.back().instructions = report.instructions;
  report.map = record::map_states(states_, record::fine_cells);
  return report;
}

std::expected<std::string, std::string> Host::kernel_log() {
  return linux_guest::read_kernel_log(
      [this](std::uint64_t address, std::span<std::uint8_t> to) { return peek_locked(address, to); });
}

void Host::write_reports() {
  const Section section(*this);
  if (!options_.json.empty()) {
    if (auto written = record::write_report(options_.json, report()); !written)
      say(std::move(written.error()));
  }
  if (!options_.kernel_log.empty()) {
    const auto log = kernel_log();
    if (!log) {
      say("kernel-log: " + log.error());
    } else if (auto written = record::write_whole_file(options_.kernel_log, *log); !written) {
      say("kernel-log: cannot write " + written.error());
    }
  }
  if (trace_) {
    if (auto closed = trace_->close(); !closed) say(std::move(closed.error()));
    trace_.reset();
  }
}

}  // namespace cmma::host
