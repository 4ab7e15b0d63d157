// What a scenario or a schedule says, as data. docs/scenarios.md is the description for users.
//
// Who may use it: the module, the command line, tests. Made by read_scenario() only, or built by the
// explorer.
//
// Invariants
//   S1  A trigger has exactly one kind of place: an address, an event, an access, or a point in
//       the run.
//   S2  What an action needs is there: `block` for an action on a block, `to` for a switch, and nothing else
//   is. S3  write_scenario() and read_scenario() are inverse to each other (but for comments and layout).
#ifndef CMMA_RACE_SCENARIO_HPP
#define CMMA_RACE_SCENARIO_HPP

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmma/race.h"

namespace cmma::race {

enum class Action : std::uint8_t {
  discard,
  page_out,
  page_in,
  drop,
  switch_cpu,
  release,
  timer,
  stop,
  print,
  monitor
};

[[nodiscard]] std::string_view action_name(Action action);  // as in a scenario: "page-out"
[[nodiscard]] bool acts_on_block(Action action);

// ---- where ----

// An instruction: an address, or "symbol", "symbol+0x1c", "file.c:symbol", "file.c:123", to be resolved.
struct AtAddress {
  std::variant<std::uint64_t, std::string> where;
  friend bool operator==(const AtAddress&, const AtAddress&) = default;
};

// An interesting event. `kind` 0: any.
struct AtEvent {
  std::uint32_t kind = 0;
  std::optional<std::uint32_t> detail;   // the ORC of ESSA, the order of SIGP...
  std::optional<std::uint64_t> operand;  // absolute address in the block that the event names
  friend bool operator==(const AtEvent&, const AtEvent&) = default;
};

// An instruction that has used an operand in the block of this absolute address.
struct AtAccess {
  std::uint64_t address = 0;
  std::uint32_t kinds = CMMA_ACCESS_LOAD | CMMA_ACCESS_STORE;  // any of these
  friend bool operator==(const AtAccess&, const AtAccess&) = default;
};

// A point in the run, as a schedule has it (E2 of cmma/race.h).
struct AtPoint {
  std::uint64_t instructions = 0;
  std::optional<std::uint64_t> after_event;  // empty: whatever it is
  bool drawn = false;  // not behind that event, but when the CPU is about to execute: it has been drawn
  friend bool operator==(const AtPoint&, const AtPoint&) = default;
};

using Place = std::variant<AtAddress, AtEvent, AtPoint, AtAccess>;

// ---- which block ----

struct LastEssa {  // the operand of the last ESSA of the CPU
  friend bool operator==(const LastEssa&, const LastEssa&) = default;
};
struct EventBlock {  // the one that the event names
  friend bool operator==(const EventBlock&, const EventBlock&) = default;
};
struct AnyVolatile {  // one with a frame that is volatile or potentially volatile, drawn from seed and event
  friend bool operator==(const AnyVolatile&, const AnyVolatile&) = default;
};
struct InRegister {  // of the address in a general register
  unsigned number = 0;
  bool page = false;  // the register holds the address of a struct page
  friend bool operator==(const InRegister&, const InRegister&) = default;
};
// A number is an absolute address.
using BlockChoice = std::variant<std::uint64_t, LastEssa, EventBlock, AnyVolatile, InRegister>;

struct Trigger {
  std::string name;   // for `after`; may be empty
  std::string after;  // not before the trigger of this name has fired
  Place place;
  std::optional<int> cpu;
  std::uint64_t nth = 1;    // fires when its place is reached for this time,
  std::uint64_t count = 1;  // and then at the next ones too, so often; 0: without end
  Action action = Action::print;
  std::optional<BlockChoice> block;
  std::optional<int> to;             // switch, timer: this CPU
  std::optional<std::string> until;  // switch: until that CPU is there, or...
  std::uint64_t stay = 0;            // ...has had so many events; 0: until a release
  std::string text;                  // print, stop, monitor
  unsigned line = 0;                 // in the file; 0 if it comes from none
};

struct Boot {
  std::string kernel;
  std::string initrd;
  std::string append;
  std::string memory;
  std::string frames;
  std::string policy;
  std::optional<std::string> run;
  std::vector<std::string> overlays;
  std::vector<std::string> disks;
  std::vector<std::string> options;  // more arguments of cmma boot
  unsigned cpus = 1;
  double timeout = 0;
  std::optional<double> limit;  // seconds of the guest's time; 0: none
};

struct Guest {
  std::string vmlinux;
  std::optional<std::uint64_t> base;  // added to addresses of vmlinux; empty: by what it is
  std::uint64_t struct_page = 0;      // size of a struct page; 0: not given
};

struct Scenario {
  std::string file;  // for messages
  std::string name;
  std::string race;  // "R1"; may be empty
  std::string summary;
  std::string expect;  // failure signature; may be empty
  std::string found;   // in a schedule: what the engine itself found wrong, as a signature; may be empty
  std::string uses;    // a file for when blocks that could be discarded are used; empty: none
  std::uint64_t seed = 1;
  Boot boot;
  Guest guest;
  std::vector<Trigger> triggers;
};

// `file` is for messages: an error is "file:line: reason". read_scenario() makes the names of files, which
// are relative to the scenario, absolute; parse_scenario() leaves them as they are.
[[nodiscard]] std::expected<Scenario, std::string> parse_scenario(std::string_view text,
                                                                  std::string_view file);
[[nodiscard]] std::expected<Scenario, std::string> read_scenario(const std::string& file);

// As a file that read_scenario() takes.
[[nodiscard]] std::string write_scenario(const Scenario& scenario);
// One trigger in words, for listings: "discard last-essa at folio_add_lru+0x10".
[[nodiscard]] std::string describe(const Trigger& trigger);

}  // namespace cmma::race
#endif
