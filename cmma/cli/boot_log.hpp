// Reads what the machine prints, line by line, and tells guest, machine and end apart.
//
// With the patched machine the guest's console has a descriptor of its own, and the log is the machine's
// alone. With an unpatched one the guest's lines are in the log, and it never ends by itself: this class
// then finds the end of the guest in the log.
#ifndef CMMA_CLI_BOOT_LOG_HPP
#define CMMA_CLI_BOOT_LOG_HPP

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cmma::cli {

// Cuts a stream of bytes into lines.
class Lines {
 public:
  void add(std::string_view bytes) { pending_ += bytes; }
  // The next whole line, without its end; nothing if there is none yet.
  std::optional<std::string> next();
  // What is left at the end of the stream.
  std::optional<std::string> rest();

 private:
  std::string pending_;
};

class MachineLog {
 public:
  enum class Kind {
    machine,    // a message of no interest unless something went wrong
    important,  // a warning, an error, or a message of the CMMA host
    guest       // a line of the guest's console
  };
  enum class End { none, stopped, disabled_wait };

  explicit MachineLog(bool patched) : patched_(patched) {}

  Kind classify(const std::string& line);
  // How the guest ended, as far as the log tells.
  [[nodiscard]] End end() const { return end_; }
  // How the guest failed, with CPU and PSW as the machine prints them; empty if it says nothing of that.
  [[nodiscard]] const std::string& guest_failure() const { return guest_failure_; }
  // The patched machine says so when it ends because its guest did. Without that, its exit status is about
  // itself (a mistake in its configuration, for instance).
  [[nodiscard]] bool announced_end() const { return announced_end_; }
  // gdb has ended the machine.
  [[nodiscard]] bool killed_by_gdb() const { return killed_by_gdb_; }
  // The last lines, for a failure's report.
  [[nodiscard]] const std::deque<std::string>& tail() const { return tail_; }

 private:
  void look_for_end(std::string_view line);
  void look_for_failure(std::string_view line);

  bool patched_;
  bool psw_is_next_ = false;
  bool guest_started_ = false;
  bool last_was_message_ = false;
  bool announced_end_ = false;
  bool killed_by_gdb_ = false;
  End end_ = End::none;
  std::string guest_failure_;
  std::set<std::string, std::less<>> running_{"CPU0000"};
  std::deque<std::string> tail_;
};

}  // namespace cmma::cli
#endif
