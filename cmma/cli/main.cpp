// `cmma`: the program. Each subcommand is a file of its own; this one parses and dispatches.
#include <fmt/format.h>

#include <array>

#include "cli/subcommand.hpp"

namespace {

// A new subcommand is a line here and one in subcommand.hpp.
constexpr std::array<cmma::cli::Register, 6> subcommands{
    cmma::cli::register_boot, cmma::cli::register_compare, cmma::cli::register_report,
    cmma::cli::register_race, cmma::cli::register_states,  cmma::cli::register_trace,
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A test bed for guest page hinting: an emulated mainframe whose host pages, discards and faults."};
  app.name("cmma");
  app.require_subcommand(1);
  cmma::cli::Run run;
  for (const auto& add : subcommands) add(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" of CLI11 too; app.exit prints them and returns 0.
    return app.exit(error) == 0 ? cmma::cli::exit_good : cmma::cli::exit_usage;
  }
  const int status = run();
  return std::fflush(stdout) == 0 ? status : cmma::cli::exit_host;
}
