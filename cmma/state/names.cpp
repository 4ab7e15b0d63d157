// Names of requests, effects, accesses and host actions, for tables, messages and traces.
#include <array>

#include "state/transitions.hpp"

namespace cmma::state {

std::string_view orc_name(unsigned orc) {
  static constexpr std::array<std::string_view, orc_count> names{
      "extract",
      "set stable",
      "set unused",
      "set volatile",
      "set potentially volatile",
      "set stable and make resident",
      "set stable if resident",
      "set stable, no-DAT",
  };
  return orc < orc_count ? names.at(orc) : "not defined";
}

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::none:
      return "";
    case Effect::drop_copy:
      return "drop copy";
    case Effect::page_in:
      return "page in";
    case Effect::zero_frame:
      return "zero frame";
  }
  return "?";
}

std::string_view access_name(Access access) {
  switch (access) {
    case Access::go_on:
      return "go on";
    case Access::page_in:
      return "page in";
    case Access::zero_frame:
      return "zero frame";
    case Access::discard_fault:
      return "discard fault";
    case Access::unused:
      return "unused";
  }
  return "?";
}

std::string_view host_action_name(HostAction action) {
  switch (action) {
    case HostAction::page_out:
      return "page out";
    case HostAction::discard:
      return "discard";
    case HostAction::drop:
      return "drop";
    case HostAction::page_in:
      return "page in";
    case HostAction::supply_zero:
      return "supply zero";
  }
  return "?";
}

}  // namespace cmma::state
