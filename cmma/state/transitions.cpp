#include "state/transitions.hpp"

#include "state/check.hpp"

namespace cmma::state {
namespace {

using enum Pair;
using enum Effect;

constexpr Rule to(Pair next, Effect effect = none) {
  return {.clean = {next, effect}, .changed = {next, effect}};
}

constexpr Rule by_change_bit(Step clean, Step changed) { return {.clean = clean, .changed = changed}; }

constexpr HostRule always(HostAction action, Pair next) {
  return {.clean = HostStep{action, next}, .changed = HostStep{action, next}};
}

constexpr Rule sp_orc4 = by_change_bit({Vz, drop_copy}, {Sp, none});

}  // namespace

// ORC 4: there is no Pz, so a block without a frame counts as discarded at once, unless it is changed.
// ORC 5 really makes the block resident (A10: so IBM's name of the request says; KVM does not).
// ORC 1, 5 and 7 on Vz: the guest takes the block back and finds zeros.
// clang-format off
constexpr std::array<std::array<Rule, orc_count>, pair_count> essa_rules{{
  //       0       1       2                  3                  4        5                   6       7
  /* Sr */ {to(Sr), to(Sr), to(Ur),            to(Vr),            to(Pr),  to(Sr),             to(Sr), to(Sr)},
  /* Sp */ {to(Sp), to(Sp), to(Uz, drop_copy), to(Vz, drop_copy), sp_orc4, to(Sr, page_in),    to(Sp), to(Sp)},
  /* Sz */ {to(Sz), to(Sz), to(Uz),            to(Vz),            to(Vz),  to(Sr, zero_frame), to(Sz), to(Sz)},
  /* Ur */ {to(Ur), to(Sr), to(Ur),            to(Vr),            to(Pr),  to(Sr),             to(Sr), to(Sr)},
  /* Uz */ {to(Uz), to(Sz), to(Uz),            to(Vz),            to(Vz),  to(Sr, zero_frame), to(Uz), to(Sz)},
  /* Vr */ {to(Vr), to(Sr), to(Ur),            to(Vr),            to(Pr),  to(Sr),             to(Sr), to(Sr)},
  /* Vz */ {to(Vz), to(Sz), to(Uz),            to(Vz),            to(Vz),  to(Sr, zero_frame), to(Vz), to(Sz)},
  /* Pr */ {to(Pr), to(Sr), to(Ur),            to(Vr),            to(Pr),  to(Sr),             to(Sr), to(Sr)},
}};
// clang-format on

constexpr std::array<NoDat, orc_count> essa_nodat{NoDat::keep, NoDat::clear, NoDat::keep, NoDat::keep,
                                                  NoDat::keep, NoDat::keep,  NoDat::keep, NoDat::set};

// A6 and A15: an unused block, and for a channel a discarded one too, is refused or served.
// clang-format off
constexpr std::array<AccessRow, pair_count> access_rules{{
  //        CPU                           CPU, served
  //        channel                       channel, served
  /* Sr */ {{Access::go_on, Sr},          {Access::go_on, Sr},
            {Access::go_on, Sr},          {Access::go_on, Sr}},
  /* Sp */ {{Access::page_in, Sr},        {Access::page_in, Sr},
            {Access::page_in, Sr},        {Access::page_in, Sr}},
  /* Sz */ {{Access::zero_frame, Sr},     {Access::zero_frame, Sr},
            {Access::zero_frame, Sr},     {Access::zero_frame, Sr}},
  /* Ur */ {{Access::unused, Ur},         {Access::go_on, Ur},
            {Access::unused, Ur},         {Access::go_on, Sr}},
  /* Uz */ {{Access::unused, Uz},         {Access::zero_frame, Ur},
            {Access::unused, Uz},         {Access::zero_frame, Sr}},
  /* Vr */ {{Access::go_on, Vr},          {Access::go_on, Vr},
            {Access::go_on, Vr},          {Access::go_on, Vr}},
  /* Vz */ {{Access::discard_fault, Vz},  {Access::discard_fault, Vz},
            {Access::discard_fault, Vz},  {Access::zero_frame, Sr}},
  /* Pr */ {{Access::go_on, Pr},          {Access::go_on, Pr},
            {Access::go_on, Pr},          {Access::go_on, Pr}},
}};
// clang-format on

// At most one action takes a block out of memory; a block without a frame can only be brought in.
constexpr std::array<HostRule, pair_count> host_rules{
    /* Sr */ always(HostAction::page_out, Sp),
    /* Sp */ always(HostAction::page_in, Sr),
    /* Sz */ always(HostAction::supply_zero, Sr),
    /* Ur */ always(HostAction::drop, Uz),
    /* Uz */ HostRule{},
    /* Vr */ always(HostAction::discard, Vz),
    /* Vz */ HostRule{},
    // A changed block must not be lost, and there is no Pp: it becomes stable (A21).
    /* Pr */
    HostRule{.clean = HostStep{HostAction::discard, Vz}, .changed = HostStep{HostAction::page_out, Sp}},
};

namespace {

std::size_t row_of(Byte byte) {
  const std::size_t row = index_of(byte);
  check(row < pair_count, "T1: a valid pair of usage and content");
  return row;
}

const Rule& rule_of(Byte byte, unsigned orc, const Reading& reading) {
  static constexpr Rule stabilised = to(Sz);
  if (orc == static_cast<unsigned>(Orc::set_stable_if_resident) && pair_of(byte) == Uz &&
      reading.orc6_stabilises_uz) {
    return stabilised;  // A9, the other reading
  }
  return essa_rules.at(row_of(byte)).at(orc);
}

// A new pair in the byte: the no-DAT mark and OLD stay as they were, GUARDED follows the usage (T2).
Byte with_pair(Byte byte, Pair next, bool guards) {
  const auto kept = static_cast<Byte>(byte & (nodat_bit | old_bit));
  return with_guard(static_cast<Byte>(kept | byte_of(next)), Reading{.unused_is_exception = guards});
}

// A block that is used again or that has left memory is not old (T3: the policy starts afresh).
Byte without_old(Byte byte) { return static_cast<Byte>(byte & ~old_bit); }

bool was_guarded(Byte byte) { return (byte & guarded_bit) != 0; }

AccessOutcome access(Byte byte, const AccessRule& rule, bool guards) {
  const bool refused = rule.access == Access::unused || rule.access == Access::discard_fault;
  if (refused) return {rule.access, byte};
  return {rule.access, without_old(with_pair(byte, rule.next, guards))};
}

}  // namespace

bool needs_change_bit(Byte byte, unsigned orc) {
  if (orc >= orc_count) return false;
  const Rule& rule = essa_rules.at(row_of(byte)).at(orc);
  return rule.clean != rule.changed;
}

std::expected<EssaOutcome, Refusal> apply_orc(Byte byte, unsigned orc, bool changed, const Reading& reading) {
  const unsigned defined = reading.nodat ? orc_count : orc_count - 1;
  if (orc >= defined) return std::unexpected(Refusal::specification);

  const auto r1 = static_cast<Byte>(byte & essa_mask);
  const Rule& rule = rule_of(byte, orc, reading);
  const Step& step = changed ? rule.changed : rule.clean;
  Byte next = with_pair(byte, step.next, reading.unused_is_exception);
  switch (essa_nodat.at(orc)) {
    case NoDat::keep:
      break;
    case NoDat::clear:
      next = static_cast<Byte>(next & ~nodat_bit);
      break;
    case NoDat::set:
      next = static_cast<Byte>(next | nodat_bit);
      break;
  }
  return EssaOutcome{.next = next, .r1 = r1, .effect = step.effect};
}

AccessOutcome cpu_access(Byte byte, const Reading& reading) {
  const AccessRow& row = access_rules.at(row_of(byte));
  return access(byte, reading.unused_is_exception ? row.by_cpu : row.by_cpu_served,
                reading.unused_is_exception);
}

AccessOutcome channel_access(Byte byte, const Reading& reading) {
  const AccessRow& row = access_rules.at(row_of(byte));
  return access(byte, reading.channel_checks ? row.by_channel : row.by_channel_served,
                reading.unused_is_exception);
}

std::optional<Byte> host_action(Byte byte, HostAction action, bool changed) {
  const HostRule& rule = host_rules.at(row_of(byte));
  const std::optional<HostStep>& step = changed ? rule.changed : rule.clean;
  if (!step || step->action != action) return std::nullopt;
  return without_old(with_pair(byte, step->next, was_guarded(byte)));
}

std::optional<Eviction> evict(Byte byte, bool changed) {
  const HostRule& rule = host_rules.at(row_of(byte));
  const std::optional<HostStep>& step = changed ? rule.changed : rule.clean;
  if (!step || !is_resident(byte)) return std::nullopt;
  return Eviction{.action = step->action,
                  .next = without_old(with_pair(byte, step->next, was_guarded(byte)))};
}

bool is_discardable(Byte byte, bool changed) {
  const std::optional<Eviction> eviction = evict(byte, changed);
  return eviction && eviction->action != HostAction::page_out;
}

Byte release() { return byte_of(Sz); }

Byte reset(Byte byte) {
  const Rule& rule = essa_rules.at(row_of(byte)).at(static_cast<std::size_t>(Orc::set_stable));
  return without_old(byte_of(rule.clean.next));
}

}  // namespace cmma::state
