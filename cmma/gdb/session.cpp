#include "gdb/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gdb/packet.hpp"
#include "gdb/registers.hpp"

namespace cmma::gdb {
namespace {

constexpr std::string_view ok = "OK";

}  // namespace

Session::Session(const cmma_gdb_machine& machine, Stops& stops, Send send)
    : machine_(machine), stops_(stops), send_(std::move(send)) {}

bool Session::is_cpu(std::uint64_t number) const {
  return number < CMMA_GDB_CPUS && (machine_.cpus(machine_.context) >> number & 1) != 0;
}

cmma_gdb_registers Session::registers() const {
  cmma_gdb_registers values{};
  machine_.get_registers(machine_.context, selected_, &values);
  return values;
}

void Session::stopped(int cpu, cmma_gdb_reason reason, std::uint64_t address) {
  stopped_cpu_ = cpu;
  selected_ = cpu;
  to_resume_ = -1;
  reason_ = reason;
  watched_ = address;
  told_ = false;
}

std::string Session::stop_text() const {
  const int thread = stopped_cpu_ + 1;
  switch (reason_) {
    case CMMA_GDB_BREAKPOINT:
      return fmt::format("T05thread:{:x};swbreak:;", thread);
    case CMMA_GDB_WATCHPOINT: {
      const Watch kind = stops_.kind_at(watched_);
      const std::string_view name = kind == Watch::write  ? "watch"
                                    : kind == Watch::read ? "rwatch"
                                                          : "awatch";
      return fmt::format("T05thread:{:x};{}:{:x};", thread, name, watched_);
    }
    case CMMA_GDB_INTERRUPT:
      return fmt::format("T02thread:{:x};", thread);
    case CMMA_GDB_STEP:
    case CMMA_GDB_ARRIVED:
      break;
  }
  return fmt::format("T05thread:{:x};", thread);
}

void Session::report_stop() {
  if (asked_ && !told_) send_(stop_text());
  told_ = told_ || asked_;
  asked_ = false;
}

void Session::report_end(int status) {
  if (asked_) send_(fmt::format("W{:02x}", status & 0xff));
  asked_ = false;
}

Session::Next Session::handle(std::string_view packet) {
  const auto go = [this] {
    asked_ = true;
    return Next::go;
  };
  const std::string_view all = packet;
  const char verb = packet.empty() ? '\0' : packet.front();
  packet.remove_prefix(std::min<std::size_t>(packet.size(), 1));
  std::optional<Answer> answer;
  switch (verb) {
    case '?':
      told_ = true;
      answer = reason_ == CMMA_GDB_INTERRUPT ? fmt::format("T05thread:{:x};", stopped_cpu_ + 1) : stop_text();
      break;
    case 'g':
      answer = get_registers(registers());
      break;
    case 'G':
      answer = change_registers([&](auto& values) { return set_registers(values, packet); });
      break;
    case 'p': {
      const auto number = whole_number(packet);
      answer = number && *number < register_count()
                   ? Answer{get_register(registers(), static_cast<unsigned>(*number))}
                   : std::unexpected(Obstacle::malformed);
      break;
    }
    case 'P': {
      const auto number = whole_number(take_part(packet, '='));
      answer = change_registers([&](auto& values) {
        return number && *number < register_count() &&
               set_register(values, static_cast<unsigned>(*number), packet);
      });
      break;
    }
    case 'm':
      answer = read_memory(packet);
      break;
    case 'M':
    case 'X':
      answer = write_memory(packet, verb == 'X');
      break;
    case 'H':
      answer = select_thread(packet);
      break;
    case 'T':
      answer = cpu_of(packet) ? Answer{std::string{ok}} : std::unexpected(Obstacle::refused);
      break;
    case 'Z':
    case 'z':
      answer = change_stop(packet, verb == 'Z');
      break;
    case 'c':
    case 's':
      if (resume_all(packet, verb == 's' ? CMMA_GDB_STEP_ON : CMMA_GDB_GO)) return go();
      answer = std::unexpected(Obstacle::malformed);
      break;
    case 'D':
      send_(ok);
      return Next::detach;
    case 'k':
      return Next::kill;
    case 'v':
      if (take(packet, "Cont;")) {
        if (resume(packet)) return go();
        answer = std::unexpected(Obstacle::malformed);
      } else if (packet == "Cont?") {
        answer = "vCont;c;C;s;S;r";
      } else if (packet == "Kill" || packet.starts_with("Kill;")) {
        send_(ok);
        return Next::kill;
      }
      break;
    case 'q':
    case 'Q':
      answer = query(all);
      break;
    default:
      break;
  }
  if (!answer) {
    send_("");
  } else if (*answer) {
    send_(**answer);
  } else {
    send_(fmt::format("E{:02x}", static_cast<unsigned>(answer->error())));
  }
  return Next::stay;
}

std::optional<Session::Answer> Session::query(std::string_view packet) {
  if (packet.starts_with("qSupported")) {
    return fmt::format(
        "PacketSize={:x};qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;vContSupported+",
        longest_packet);
  }
  if (packet == "QStartNoAckMode") {
    no_ack_ = true;
    return std::string{ok};
  }
  if (packet == "qAttached") return "1";
  if (packet == "qOffsets" && machine_.text != 0) return fmt::format("TextSeg={:x}", machine_.text);
  if (packet == "qC") return fmt::format("QC{:x}", stopped_cpu_ + 1);
  if (packet == "qfThreadInfo") return thread_list();
  if (packet == "qsThreadInfo") return "l";
  if (packet == "qSymbol::") return std::string{ok};
  if (take(packet, "qThreadExtraInfo,")) return thread_info(packet);
  if (take(packet, "qXfer:features:read:")) return transfer(packet);
  if (take(packet, "qRcmd,")) return monitor(packet);
  return std::nullopt;
}

// target.xml:OFFSET,LENGTH
Session::Answer Session::transfer(std::string_view arguments) {
  const std::string_view name = take_part(arguments, ':');
  const auto offset = whole_number(take_part(arguments, ','));
  const auto length = whole_number(arguments);
  if (name != "target.xml") return "E00";
  if (!offset || !length) return std::unexpected(Obstacle::malformed);
  const std::string& document = target_description();
  if (*offset >= document.size()) return "l";
  const std::size_t most = std::min<std::uint64_t>(*length, longest_packet / 2);
  const std::string part = document.substr(*offset, most);
  return fmt::format("{}{}", *offset + part.size() == document.size() ? 'l' : 'm', part);
}

Session::Answer Session::thread_list() const {
  std::string list = "m";
  for (unsigned cpu = 0; cpu < CMMA_GDB_CPUS; ++cpu) {
    if (is_cpu(cpu)) list += fmt::format("{}{:x}", list.size() > 1 ? "," : "", cpu + 1);
  }
  return list;
}

Session::Answer Session::thread_info(std::string_view id) const {
  const auto cpu = cpu_of(id);
  if (!cpu) return std::unexpected(Obstacle::refused);
  constexpr std::array<std::string_view, 3> names{"stopped", "waiting", "running"};
  return to_hex(fmt::format("CPU {:04X}, {}", *cpu, names.at(machine_.state(machine_.context, *cpu))));
}

std::optional<int> Session::cpu_of(std::string_view thread) const {
  const auto number = whole_number(thread);
  if (!number || *number == 0 || !is_cpu(*number - 1)) return std::nullopt;
  return static_cast<int>(*number - 1);
}

Session::Answer Session::select_thread(std::string_view arguments) {
  if (arguments.size() < 2) return std::unexpected(Obstacle::malformed);
  const char what = arguments.front();
  arguments.remove_prefix(1);
  const bool any = arguments == "0" || arguments == "-1";
  const auto cpu = cpu_of(arguments);
  if (!any && !cpu) return std::unexpected(Obstacle::refused);
  if (what == 'g') {
    selected_ = any ? stopped_cpu_ : *cpu;
  } else if (what == 'c') {
    to_resume_ = any ? -1 : *cpu;
  } else {
    return std::unexpected(Obstacle::malformed);
  }
  return std::string{ok};
}

Session::Answer Session::change_registers(const std::function<bool(cmma_gdb_registers&)>& change) {
  cmma_gdb_registers values = registers();
  if (!change(values)) return std::unexpected(Obstacle::malformed);
  if (machine_.set_registers(machine_.context, selected_, &values) != 0)
    return std::unexpected(Obstacle::refused);
  return std::string{ok};
}

// TYPE,ADDRESS,KIND: what KIND is of a breakpoint is of no interest, of a watchpoint it is the length.
Session::Answer Session::change_stop(std::string_view arguments, bool insert) {
  const auto type = whole_number(take_part(arguments, ','));
  const auto address = whole_number(take_part(arguments, ','));
  const auto kind = whole_number(take_part(arguments, ';'));
  if (!type || !address || !kind) return std::unexpected(Obstacle::malformed);
  if (*type > 4) return std::string{};
  if (*type <= 1) {
    if (!insert) {
      stops_.remove_breakpoint(*address);
    } else if (!stops_.add_breakpoint(*address)) {
      return std::unexpected(Obstacle::refused);
    }
    return std::string{ok};
  }
  constexpr std::array kinds{Watch::write, Watch::read, Watch::access};
  if (*kind == 0 || *address + (*kind - 1) < *address) return std::unexpected(Obstacle::malformed);
  const Stops::Watchpoint watchpoint{*address, *address + (*kind - 1), kinds.at(*type - 2)};
  if (!insert) {
    stops_.remove_watchpoint(watchpoint);
  } else if (!stops_.add_watchpoint(watchpoint)) {
    return std::unexpected(Obstacle::refused);
  }
  return std::string{ok};
}

}  // namespace cmma::gdb
