#include "cli/boot_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/descriptor.hpp"
#include "cli/boot_initrd.hpp"
#include "cli/boot_log.hpp"
#include "cli/boot_verdict.hpp"
#include "cli/pipe.hpp"
#include "cli/subcommand.hpp"

namespace cmma::cli {

using base::Descriptor;

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// The machine gets this long to write its report and close its files before it is killed. That is far more
// than it needs, but for a busy disk.
constexpr auto grace = 60s;
// An unpatched machine does not say when all of the guest's lines have come.
constexpr auto settle = 300ms;

std::unexpected<Failure> system_failure(std::string_view what) {
  return std::unexpected(Failure{exit_host, fmt::format("{}: {}", what, std::strerror(errno))});
}

class Machine {
 public:
  Machine(const MachineRun& run, const BootOptions& options)
      : run_(run), options_(options), log_(run.patched), started_(Clock::now()) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { kill_and_reap(); }

  Expected<void> start(const BootFiles& files);
  Expected<int> wait_for_end();

 private:
  [[noreturn]] void become_machine(const BootFiles& files, pid_t parent);
  int poll_timeout() const;
  static bool take(Descriptor& from, Lines& lines);  // false: at its end
  void take_log_lines();
  void take_console_lines();
  void console_line(std::string line);
  void command(std::string_view line);
  void forward_input();
  void take_signal();
  void check_clock();
  void ask_to_end();
  void kill_and_reap();
  void drain();

  const MachineRun& run_;
  const BootOptions& options_;
  MachineLog log_;
  Clock::time_point started_;
  pid_t child_ = -1;
  bool ended_ = false;  // the child has been reaped
  MachineEnd end_;
  std::optional<Clock::time_point> asked_to_end_;
  std::optional<Clock::time_point> guest_end_seen_;
  Descriptor console_;
  Descriptor messages_;
  Descriptor input_;
  Descriptor control_;
  Descriptor signals_;
  bool read_stdin_ = false;
  Lines console_lines_;
  Lines message_lines_;
  std::ofstream log_file_;
};

Expected<void> Machine::start(const BootFiles& files) {
  if (!options_.log.empty()) {
    log_file_.open(options_.log);
    if (!log_file_) return system_failure(options_.log.string());
  }
  sigset_t handled;
  ::sigemptyset(&handled);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&handled, signal);
  ::sigprocmask(SIG_BLOCK, &handled, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = Descriptor{::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals_.is_open()) return system_failure("signalfd");

  auto console = make_pipe();
  auto messages = make_pipe();
  auto input = make_pipe();
  auto control = make_pipe();
  for (const auto* pipe : {&console, &messages, &input, &control})
    if (!*pipe) return std::unexpected(Failure{exit_host, pipe->error()});

  const pid_t parent = ::getpid();
  child_ = ::fork();
  if (child_ < 0) return system_failure("fork");
  // So that its other end sees when the machine has gone.
  if (child_ > 0 && run_.fork_driver >= 0) ::close(run_.fork_driver);
  if (child_ == 0) {
    ::dup2(messages->write.get(), STDOUT_FILENO);
    ::dup2(messages->write.get(), STDERR_FILENO);
    ::dup2(console->write.get(), console_out_descriptor);
    ::dup2(input->read.get(), console_in_descriptor);
    ::dup2(control->read.get(), control_descriptor);
    become_machine(files, parent);
  }
  console_ = std::move(console->read);
  messages_ = std::move(messages->read);
  input_ = std::move(input->write);
  control_ = std::move(control->write);
  for (const auto* end : {&input_, &control_}) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  read_stdin_ = run_.interactive;
  return {};
}

// In the child, after fork.
void Machine::become_machine(const BootFiles& files, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(exit_host);
  // A terminal's interrupt is for us; we end the machine in order.
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) ::dup2(null, STDIN_FILENO);
  ::setenv("HERCULES_RC", files.script().c_str(), 1);
  if (run_.determinism.empty()) {
    ::unsetenv("HERCULES_DETERMINISTIC");
  } else {
    ::setenv("HERCULES_DETERMINISTIC", run_.determinism.c_str(), 1);
  }
  const std::string configuration = files.configuration();
  ::execl(run_.program.c_str(), run_.program.c_str(), "-d", "-f", configuration.c_str(), nullptr);
  fmt::print(stderr, "{}: {}\n", run_.program.string(), std::strerror(errno));
  std::fflush(stderr);
  ::_exit(exit_host);
}

Expected<int> Machine::wait_for_end() {
  while (!ended_) {
    std::array<pollfd, 4> sources{{{signals_.get(), POLLIN, 0},
                                   {console_.get(), POLLIN, 0},
                                   {messages_.get(), POLLIN, 0},
                                   {read_stdin_ ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), poll_timeout()) < 0 && errno != EINTR)
      return system_failure("poll");
    if (sources[1].revents != 0) take_console_lines();
    if (sources[2].revents != 0) take_log_lines();
    if (sources[3].revents != 0) forward_input();
    if (sources[0].revents != 0) take_signal();
    check_clock();
  }
  drain();
  return verdict(run_, options_, log_, end_);
}

// Milliseconds until check_clock has something to do.
int Machine::poll_timeout() const {
  std::optional<Clock::time_point> next;
  const auto consider = [&](Clock::time_point when) { next = next ? std::min(*next, when) : when; };
  if (options_.timeout > 0 && !end_.timed_out) {
    consider(started_ +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.timeout)));
  }
  if (asked_to_end_) consider(*asked_to_end_ + grace);
  if (guest_end_seen_ && !asked_to_end_) consider(*guest_end_seen_ + settle);
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000));
}

void Machine::check_clock() {
  const auto now = Clock::now();
  if (options_.timeout > 0 && !end_.timed_out && !guest_end_seen_ &&
      now - started_ >= std::chrono::duration<double>(options_.timeout)) {
    end_.timed_out = true;
    ask_to_end();
  }
  if (log_.end() != MachineLog::End::none && !guest_end_seen_) guest_end_seen_ = now;
  if (guest_end_seen_ && now - *guest_end_seen_ >= settle) ask_to_end();
  if (asked_to_end_ && now - *asked_to_end_ >= grace && !ended_) ::kill(child_, SIGKILL);
}

void Machine::ask_to_end() {
  if (asked_to_end_ || ended_) return;
  asked_to_end_ = Clock::now();
  ::kill(child_, SIGTERM);
}

bool Machine::take(Descriptor& from, Lines& lines) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) {
    from.close();
    return false;
  }
  lines.add({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

void Machine::console_line(std::string line) {
  const auto mark = line.find(command_status_mark);
  if (run_.expects_status && mark != std::string::npos) {
    end_.command_status = std::atoi(line.c_str() + mark + std::strlen(command_status_mark));
    return;
  }
  // From a guest program: "cmma: mark LABEL", the report shall say how things stood then; "cmma: audit ...",
  // what the guest records of its blocks.
  constexpr std::string_view to_host = "cmma: ";
  for (const char* verb : {"mark ", "audit "}) {
    if (line.starts_with(fmt::format("{}{}", to_host, verb))) command(line.substr(to_host.size()));
  }
  line.push_back('\n');
  if (!run_.quiet_console && !end_.output_lost && !write_all(STDOUT_FILENO, line)) end_.output_lost = true;
}

// To the host, as an operator's command; the answer comes among the machine's messages.
void Machine::command(std::string_view line) { write_all(control_.get(), fmt::format("{}\n", line)); }

void Machine::take_console_lines() {
  take(console_, console_lines_);
  while (auto line = console_lines_.next()) console_line(std::move(*line));
}

void Machine::take_log_lines() {
  take(messages_, message_lines_);
  while (auto line = message_lines_.next()) {
    if (log_file_.is_open()) log_file_ << *line << '\n';
    const auto kind = log_.classify(*line);
    if (kind == MachineLog::Kind::guest) {
      console_line(std::move(*line));
    } else if (kind == MachineLog::Kind::important || options_.verbose) {
      line->push_back('\n');
      write_all(STDERR_FILENO, *line);
    }
  }
}

// A guest that does not read loses what does not fit: better than a machine that hangs on its operator.
void Machine::forward_input() {
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got <= 0) {
    read_stdin_ = false;
    return;
  }
  write_all(input_.get(), {buffer.data(), static_cast<std::size_t>(got)});
}

void Machine::take_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) {
      ended_ = ended_ || ::waitpid(child_, &end_.wait_status, WNOHANG) == child_;
    } else if (info.ssi_signo == SIGUSR1) {
      command("matrix");
      command("counters");
    } else {
      end_.interrupted_by = static_cast<int>(info.ssi_signo);
      ask_to_end();
    }
  }
}

void Machine::kill_and_reap() {
  if (child_ <= 0 || ended_) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, &end_.wait_status, 0);
  ended_ = true;
}

// P2: the child is gone, so both pipes have an end.
void Machine::drain() {
  while (console_.is_open()) take_console_lines();
  while (messages_.is_open()) take_log_lines();
  if (auto line = console_lines_.rest()) console_line(std::move(*line));
}

}  // namespace

Expected<int> run_machine(const MachineRun& run, const BootFiles& files, const BootOptions& options) {
  Machine machine(run, options);
  if (auto started = machine.start(files); !started) return std::unexpected(started.error());
  return machine.wait_for_end();
}

}  // namespace cmma::cli
