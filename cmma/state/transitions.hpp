// The rules of the block states: the only statement of them in this project.
//
// Who may use it: the host (what to do), the tests and the fuzzers (what to expect), `cmma states` (what
// to print). Pure functions over the state byte: they do no work on the block. The caller does it and
// then stores the byte by compare-and-swap.
//
// Every function requires a byte that keeps T1 (block_state.hpp) and ends the process otherwise.
//
// Sources: IBM's topics on ESSA and on the block-usage and block-content states; the s390 guest page
// hinting patches for Linux (2006-09); the software emulation of ESSA in KVM. Where they leave a choice,
// the number A... is that of docs/assumptions.md.
#ifndef CMMA_STATE_TRANSITIONS_HPP
#define CMMA_STATE_TRANSITIONS_HPP

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "state/block_state.hpp"

namespace cmma::state {

// The choices between readings that a run can make.
struct Reading {
  // A6: an access to an unused block. IBM: an exception "might" be recognised; Linux: it is; KVM: never,
  // a zero page is given. False: the access is done, on a zero frame if the block has none.
  bool unused_is_exception = true;
  // A9: ORC 6 on Uz. KVM changes only what is resident; the older name of the request, "set stable if
  // not discarded", would make it Sz.
  bool orc6_stabilises_uz = false;
  // A15: a channel program's access to an unused or discarded block. True: it is refused. False: the
  // block becomes stable, with a zero frame if it had none.
  bool channel_checks = true;
  // A19: facility 147. Without it ORC 7 is not defined and there is no no-DAT mark.
  bool nodat = true;
  // A28: a reset by the program (DIAGNOSE X'308' subcodes 0 and 1). True: as any other reset (A22). False:
  // it leaves the states of blocks as they are.
  bool program_reset_is_reset = true;
};

// ---- EXTRACT AND SET STORAGE ATTRIBUTES ----

inline constexpr unsigned orc_count = 8;

enum class Orc : std::uint8_t {
  extract = 0,
  set_stable = 1,
  set_unused = 2,
  set_volatile = 3,
  set_potentially_volatile = 4,
  set_stable_make_resident = 5,
  set_stable_if_resident = 6,
  set_stable_nodat = 7,
};

// Work that goes with a transition.
enum class Effect : std::uint8_t {
  none,
  drop_copy,   // the copy on the paging store is given up; its content is lost
  page_in,     // read the copy into a frame first
  zero_frame,  // supply a frame of zeros first
};

struct Step {
  Pair next;
  Effect effect;
  friend constexpr bool operator==(const Step&, const Step&) = default;
};

// One cell of the table. Only ORC 4 on Sp has two different steps.
struct Rule {
  Step clean;    // the change bit is 0
  Step changed;  // the change bit is 1
};

enum class NoDat : std::uint8_t { keep, clear, set };

// Rows in the order of `all_pairs`, columns by ORC, A9 as by default.
extern const std::array<std::array<Rule, orc_count>, pair_count> essa_rules;
// What each ORC does with the no-DAT mark (A11).
extern const std::array<NoDat, orc_count> essa_nodat;

struct EssaOutcome {
  Byte next;      // the new state byte
  Byte r1;        // the result: usage, content and no-DAT as they were before
  Effect effect;  // to be done before the new byte is stored
  friend constexpr bool operator==(const EssaOutcome&, const EssaOutcome&) = default;
};

enum class Refusal : std::uint8_t { specification };

// Does this request on this byte depend on the change bit? (Saves the caller from looking for it.)
[[nodiscard]] bool needs_change_bit(Byte byte, unsigned orc);

// `orc` is the M3 field, 0..15. Refused if it is not defined (A5).
[[nodiscard]] std::expected<EssaOutcome, Refusal> apply_orc(Byte byte, unsigned orc, bool changed,
                                                            const Reading& reading);

// ---- Accesses ----

enum class Access : std::uint8_t {
  go_on,          // the block is resident
  page_in,        // read the copy into a frame, then go on
  zero_frame,     // supply a frame of zeros, then go on
  discard_fault,  // program interruption 001A (A7)
  unused,         // addressing exception (A6); for a channel: refused (A15)
};

struct AccessRule {
  Access access;
  Pair next;
};

struct AccessRow {
  AccessRule by_cpu;             // A6: an exception
  AccessRule by_cpu_served;      // A6: a zero page; the block stays unused
  AccessRule by_channel;         // A15: refused
  AccessRule by_channel_served;  // A15: the block becomes stable
};

extern const std::array<AccessRow, pair_count> access_rules;

struct AccessOutcome {
  Access access;
  Byte next;  // the state byte when the access is done: referenced, so OLD is off
  friend constexpr bool operator==(const AccessOutcome&, const AccessOutcome&) = default;
};

[[nodiscard]] AccessOutcome cpu_access(Byte byte, const Reading& reading);

// A channel program or the service processor (A15).
[[nodiscard]] AccessOutcome channel_access(Byte byte, const Reading& reading);

// ---- What the host does ----

enum class HostAction : std::uint8_t {
  page_out,     // the content goes to the paging store, or is there already
  discard,      // the content is lost; reference and change bits become 0
  drop,         // likewise, of an unused block
  page_in,      // read the copy into a frame without being asked
  supply_zero,  // supply a frame of zeros without being asked
};

struct HostStep {
  HostAction action;
  Pair next;
};

struct HostRule {
  std::optional<HostStep> clean;    // the change bit is 0
  std::optional<HostStep> changed;  // the change bit is 1
};

extern const std::array<HostRule, pair_count> host_rules;

// The state byte after the action; empty if the rules forbid it in this state.
[[nodiscard]] std::optional<Byte> host_action(Byte byte, HostAction action, bool changed);

struct Eviction {
  HostAction action;  // page_out, discard or drop
  Byte next;
  friend constexpr bool operator==(const Eviction&, const Eviction&) = default;
};

// How a resident block gives its frame back; empty if it has none.
[[nodiscard]] std::optional<Eviction> evict(Byte byte, bool changed);

// May the host take the content of this resident block away without keeping it?
[[nodiscard]] bool is_discardable(Byte byte, bool changed);

// DIAGNOSE X'10': the guest gives the block back. Stable, logically zero, no-DAT off; frame and copy are
// free afterwards.
[[nodiscard]] Byte release();

// A reset: stable, no-DAT off, content as it is (A22).
[[nodiscard]] Byte reset(Byte byte);

// T2: the same byte with the GUARDED bit as its usage asks for.
[[nodiscard]] constexpr Byte with_guard(Byte byte, const Reading& reading) {
  const bool guarded = reading.unused_is_exception && usage_of(byte) == Usage::unused;
  return static_cast<Byte>(guarded ? byte | guarded_bit : byte & ~guarded_bit);
}

// ---- Names and renderings ----

[[nodiscard]] std::string_view orc_name(unsigned orc);
[[nodiscard]] std::string_view effect_name(Effect effect);
[[nodiscard]] std::string_view access_name(Access access);
[[nodiscard]] std::string_view host_action_name(HostAction action);

[[nodiscard]] std::string tables_as_text();
[[nodiscard]] std::string tables_as_markdown();

}  // namespace cmma::state
#endif
