#include "cli/boot_log.hpp"

#include <fmt/format.h>

#include <cctype>

namespace cmma::cli {
namespace {

// "HHCxxnnnS text": S is the severity.
bool is_message(std::string_view line) {
  constexpr std::size_t length = 9;
  return line.size() > length && line.starts_with("HHC") && line[length] == ' ' &&
         std::isdigit(static_cast<unsigned char>(line[length - 2])) != 0;
}

bool is_severe(std::string_view line) {
  const char severity = line[8];
  return severity == 'W' || severity == 'E' || severity == 'S' || severity == 'D';
}

}  // namespace

std::optional<std::string> Lines::next() {
  const auto end = pending_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<std::string> Lines::rest() {
  if (pending_.empty()) return std::nullopt;
  return std::exchange(pending_, {});
}

MachineLog::Kind MachineLog::classify(const std::string& line) {
  Kind kind = Kind::machine;
  look_for_failure(line);
  if (is_message(line)) {
    const bool of_the_host = line.starts_with("HHCCM");
    if (is_severe(line) || of_the_host) kind = Kind::important;
    if (line.starts_with("HHCPN013I")) guest_started_ = true;
    if (line.starts_with("HHCIN910I")) announced_end_ = true;
    if (line.starts_with("HHCCM032I")) killed_by_gdb_ = true;
  }
  if (!patched_) {
    look_for_end(line);
    const bool of_a_cpu = line.starts_with("CPU0") && line.find(": ") == 7;
    // A message of two lines has its second one indented like this.
    const bool goes_on = last_was_message_ && line.starts_with("          ");
    if (guest_started_ && !is_message(line) && !of_a_cpu && !goes_on) kind = Kind::guest;
    last_was_message_ = is_message(line);
  }
  if (kind != Kind::guest) {
    constexpr std::size_t kept = 25;
    tail_.push_back(line);
    if (tail_.size() > kept) tail_.pop_front();
  }
  return kind;
}

// "HHCCP011I CPU0001: Disabled wait state", with the PSW on the next line, or
// "HHCCP016I CPU0001: Program interrupt loop: PSW=...". Or the race engine has stopped the machine.
void MachineLog::look_for_failure(std::string_view line) {
  constexpr std::string_view stopped = "HHCCM036S ";
  if (line.starts_with(stopped))
    guest_failure_ = fmt::format("stopped by the race engine: {}", line.substr(stopped.size()));
  constexpr std::size_t cpu_at = 10;
  constexpr std::size_t cpu_length = 7;
  if (psw_is_next_) {
    const auto text = line.find_first_not_of(' ');
    if (text != std::string_view::npos) guest_failure_.append(", ").append(line.substr(text));
  }
  psw_is_next_ = line.starts_with("HHCCP011I ");
  const bool loops = line.starts_with("HHCCP016I ");
  if (!psw_is_next_ && !loops) return;
  guest_failure_ = loops ? "program interrupt loop of " : "disabled wait of ";
  guest_failure_.append(line.substr(cpu_at, cpu_length));
  const auto psw = line.find("PSW=");
  if (psw != std::string_view::npos) guest_failure_.append(", ").append(line.substr(psw));
}

// Orders from one CPU to another are logged as "CPU0000: SIGP Stop (05) CPU0001, PARM ...".
void MachineLog::look_for_end(std::string_view line) {
  if (line.starts_with("HHCCP011I")) {
    end_ = End::disabled_wait;
    return;
  }
  const auto order = line.find(": SIGP ");
  if (order == std::string_view::npos || !line.starts_with("CPU")) return;
  const auto code = line.find('(', order);
  const auto target = line.find("CPU", order);
  if (code == std::string_view::npos || target == std::string_view::npos) return;
  const auto which = line.substr(code + 1, 2);
  const auto cpu = line.substr(target, 7);
  if (which == "05" || which == "09") running_.erase(std::string(cpu));
  if (which == "04" || which == "06") running_.emplace(cpu);
  if (running_.empty()) end_ = End::stopped;
}

}  // namespace cmma::cli
