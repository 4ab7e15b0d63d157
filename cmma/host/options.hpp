// The options of cmma_open: a list of name=value separated by commas. docs/options.md describes them.
//
// Who may call it: the host, once, before anything else exists.
#ifndef CMMA_HOST_OPTIONS_HPP
#define CMMA_HOST_OPTIONS_HPP

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cmma/cmma.h"
#include "state/transitions.hpp"

namespace cmma::host {

struct Options {
  std::optional<std::uint64_t> frames;  // in blocks; empty: as many as there are blocks
  std::string policy = "clock";
  std::optional<std::uint64_t> seed;  // empty: drawn at random, and reported
  std::string store;                  // empty: an unnamed temporary file
  std::string json;                   // empty: no report
  std::string kernel_log;             // empty: a Linux guest's log is not written
  std::string trace;                  // empty: no trace
  bool strays_in_place = false;       // unannounced accesses are answered in the thread that makes them
  bool invariants = false;            // looked at with each event (invariants.hpp)
  // For the race engine (race/), which reads them; the host itself does not.
  std::string race;                     // scenario or schedule; empty: no engine
  std::string symbols;                  // vmlinux; empty: as the scenario says
  std::string schedule;                 // what was done is written here
  std::string interleaving;             // likewise, for people
  bool test = false;                    // the machine may let the guest call for host actions
  cmma_mutant mutant = CMMA_NO_MUTANT;  // with `test` only
  state::Reading reading;
};

// The error is one line for the user. File names are not tried here.
[[nodiscard]] std::expected<Options, std::string> parse_options(std::string_view list);

// A number of bytes with an optional suffix K, M or G; empty if it is none or too large.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// An unsigned number, decimal or hexadecimal after 0x.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace cmma::host
#endif
