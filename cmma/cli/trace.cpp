// `cmma trace FILE`: an event trace as text, one event a line.
#include <fmt/format.h>

#include <cstdio>

#include "cli/subcommand.hpp"
#include "record/trace.hpp"
#include "state/block_state.hpp"

namespace cmma::cli {
namespace {

std::string as_line(const record::Event& event) {
  const std::string who = event.cpu == record::not_a_cpu ? "host" : fmt::format("cpu{}", event.cpu);
  const std::string kind = event.kind == record::EventKind::essa
                               ? fmt::format("{} {}", record::event_name(event.kind), event.detail)
                               : std::string{record::event_name(event.kind)};
  return fmt::format("{:>14} {:<6} {:<16} {:>12x} {:>5} -> {}\n", event.instructions, who, kind,
                     event.block << 12, state::to_text(event.old_state), state::to_text(event.new_state));
}

int print_trace(const std::string& path) {
  auto reader = record::TraceReader::open(path);
  if (!reader) {
    fmt::print(stderr, "cmma: {}\n", reader.error());
    return exit_host;
  }
  fmt::print("{:>14} {:<6} {:<16} {:>12} {:>5}    {}\n", "instructions", "who", "event", "address", "old",
             "new");
  for (;;) {
    const auto next = reader->next();
    if (!next) {
      fmt::print(stderr, "cmma: {}\n", next.error());
      return exit_host;
    }
    const std::optional<record::Event>& event = *next;
    if (!event) return exit_good;
    const std::string line = as_line(*event);
    // A closed pipe (`| head`) is the usual reason, and no error of ours.
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return exit_host;
  }
}

}  // namespace

void register_trace(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("trace", "Print an event trace (boot --trace FILE) as text");
  auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "The trace file")->required();
  command->callback([&run, path] { run = [path] { return print_trace(*path); }; });
}

}  // namespace cmma::cli
