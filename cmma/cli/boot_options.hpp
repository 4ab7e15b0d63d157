// What `cmma boot` was asked for, and how its parts report failure.
//
// Used by the boot_*.cpp files only. Sizes are in bytes. A Failure carries the exit status that the
// program ends with: exit_usage for what the user can mend on the command line, exit_host for the rest.
#ifndef CMMA_CLI_BOOT_OPTIONS_HPP
#define CMMA_CLI_BOOT_OPTIONS_HPP

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cmma::cli {

// Of a run that depends on nothing but its options (docs/determinism.md).
struct Determinism {
  bool on = false;
  bool check = false;                // run twice and compare
  std::vector<std::string> options;  // NAME=VALUE
  std::filesystem::path events;      // write what the unseed is made of to this file
  std::filesystem::path record;      // write what comes from outside, and when
  std::filesystem::path replay;      // take what comes from outside from there
  double limit = 0;                  // seconds of the guest's time; 0: none
  int fork_driver = -1;              // an inherited socket: who has the machine fork (race_window.cpp)
};

// Of a deterministic run without --seed.
inline constexpr std::uint64_t default_seed = 1;

struct BootOptions {
  std::filesystem::path kernel;                 // empty: the kernel built here
  std::filesystem::path initrd;                 // empty: the default root
  std::vector<std::filesystem::path> overlays;  // archives laid over the initrd
  std::string append;
  std::uint64_t memory = 512ull << 20;
  std::string frames;  // as given; empty: all of main storage
  unsigned cpus = 1;
  std::vector<std::filesystem::path> disks;
  std::string policy;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> command;  // --run
  double timeout = 0;                  // seconds; 0: none
  std::filesystem::path json;
  std::filesystem::path kernel_log;
  std::filesystem::path trace;
  Determinism determinism;
  std::optional<unsigned> gdb;  // the port of the gdb server; 0: any that is free
  bool gdb_wait = false;        // the guest does not start before gdb has attached
  std::string gdb_text;  // where the program's first segment is, hexadecimal; empty: known or as linked
  bool no_cmma = false;
  std::vector<std::string> host_options;  // NAME=VALUE
  std::filesystem::path hercules;         // empty: the one built here
  std::filesystem::path log;              // all messages of the machine go here too
  bool verbose = false;
};

struct Failure {
  int status;
  std::string text;
};

template <typename T>
using Expected = std::expected<T, Failure>;

// "512M" -> bytes. Suffixes K M G, none for bytes.
std::optional<std::uint64_t> parse_size(const std::string& text);

}  // namespace cmma::cli
#endif
