// How the guest goes on: c, s and vCont.
#include <algorithm>

#include "gdb/packet.hpp"
#include "gdb/session.hpp"

namespace cmma::gdb {
namespace {

// A step that ends at the next instruction, wherever that is.
constexpr cmma_gdb_go one_step{CMMA_GDB_STEP_ON, 1, 0};
constexpr cmma_gdb_go free_run{CMMA_GDB_GO, 0, 0};

// The part of an action before the thread that it is for.
std::optional<cmma_gdb_go> parse_action(std::string_view action) {
  if (action.empty()) return std::nullopt;
  const char verb = action.front();
  action.remove_prefix(1);
  switch (verb) {
    case 'c':
    case 'C':  // with a signal, which means nothing to a CPU
      return free_run;
    case 's':
    case 'S':
      return one_step;
    case 'r': {
      const auto first = whole_number(take_part(action, ','));
      const auto end = whole_number(action);
      if (!first || !end) return std::nullopt;
      if (*end <= *first) return one_step;
      return cmma_gdb_go{CMMA_GDB_STEP_ON, *first, *end - 1};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

// `s` steps one CPU and lets the others run.
bool Session::resume_all(std::string_view address, cmma_gdb_order order) {
  const int cpu = to_resume_ < 0 ? stopped_cpu_ : to_resume_;
  if (!address.empty()) {
    const auto to = whole_number(address);
    if (!to) return false;
    selected_ = cpu;
    const auto moved = change_registers([&](auto& values) {
      values.psw_address = *to;
      return true;
    });
    if (!moved) return false;
  }
  orders_.fill(free_run);
  if (order == CMMA_GDB_STEP_ON) orders_.at(static_cast<std::size_t>(cpu)) = one_step;
  return true;
}

// ACTION[:THREAD];...: the first action that is for a thread counts; a thread without one stays where it is.
bool Session::resume(std::string_view actions) {
  Orders orders{};
  std::array<bool, CMMA_GDB_CPUS> settled{};
  while (!actions.empty()) {
    std::string_view thread = take_part(actions, ';');
    const auto action = parse_action(take_part(thread, ':'));
    if (!action) return false;
    const auto cpu = cpu_of(thread);
    if (!thread.empty() && thread != "-1" && thread != "0" && !cpu) return false;
    for (std::size_t i = 0; i < orders.size(); ++i) {
      if (settled.at(i) || (cpu && static_cast<std::size_t>(*cpu) != i)) continue;
      orders.at(i) = *action;
      settled.at(i) = true;
    }
  }
  // If all stayed, there would never be an answer.
  const bool someone =
      std::ranges::any_of(orders, [](const cmma_gdb_go& go) { return go.order != CMMA_GDB_STAY; });
  if (someone) orders_ = orders;
  return someone;
}

}  // namespace cmma::gdb
