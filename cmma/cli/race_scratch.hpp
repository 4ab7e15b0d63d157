// A folder for the files of runs, gone with the object.
//
// Who may use it: the subcommand `race`.
#ifndef CMMA_CLI_RACE_SCRATCH_HPP
#define CMMA_CLI_RACE_SCRATCH_HPP

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace cmma::cli {

struct Scratch {
  Scratch() { std::filesystem::create_directories(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("cmma-explore-{}", ::getpid());
};

}  // namespace cmma::cli
#endif
