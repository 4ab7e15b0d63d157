// `cmma states`: the rules of the block states, printed from the tables that the host obeys.
#include <fmt/format.h>

#include "cli/subcommand.hpp"
#include "state/transitions.hpp"

namespace cmma::cli {

void register_states(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("states", "Print the block states and their transitions");
  auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "Print Markdown: this is docs/states.md");
  command->callback([&run, markdown] {
    run = [markdown] {
      fmt::print("{}", *markdown ? state::tables_as_markdown() : state::tables_as_text());
      return exit_good;
    };
  });
}

}  // namespace cmma::cli
