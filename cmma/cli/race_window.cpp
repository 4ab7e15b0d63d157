#include "cli/race_window.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "cli/race_run.hpp"
#include "cli/subcommand.hpp"
#include "race/oracle.hpp"

namespace cmma::cli {

using base::Descriptor;

namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }
std::unexpected<std::string> failed(std::string_view what) {
  return wrong(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The number behind the last `name` of a line.
std::uint64_t number_behind(std::string_view line, std::string_view name) {
  std::uint64_t value = 0;
  const std::size_t at = line.rfind(name);
  if (at != std::string_view::npos)
    std::from_chars(line.data() + at + name.size(), line.data() + line.size(), value);
  return value;
}

// What the engine itself has found, as the schedule has it. Most runs have found nothing, and reading a
// schedule takes time.
std::string found_in(const fs::path& schedule) {
  if (content(schedule).find("\nfound = ") == std::string::npos) return {};
  auto scenario = race::read_scenario(schedule.string());
  return scenario ? std::move(scenario->found) : std::string{};
}

constexpr double boot_limit = 600;  // seconds
constexpr std::uint64_t no_plan = std::numeric_limits<std::uint64_t>::max();

}  // namespace

std::expected<std::unique_ptr<Window>, std::string> Window::open(race::Scenario scenario, Asked asked) {
  if (asked.folder.string().find_first_of(" ,\n") != std::string::npos)
    return wrong(
        fmt::format("{}: no blank and no comma in the name, please (TMPDIR)", asked.folder.string()));
  std::unique_ptr<Window> window{new Window(std::move(scenario), std::move(asked))};
  if (auto booted = window->boot(); !booted) return wrong(std::move(booted.error()));
  return window;
}

Window::~Window() {
  socket_.close();
  if (machine_ <= 0) return;
  // At its window the machine sees that nobody wants it any more.
  if (!ready_) ::kill(machine_, SIGTERM);
  ::waitpid(machine_, nullptr, 0);
}

std::expected<void, std::string> Window::boot() {
  if (auto there = check_files(scenario_); !there) return there;
  // Up to the window nothing happens but the boot.
  race::Scenario boot = scenario_;
  boot.triggers.clear();
  boot.boot.timeout = 0;  // the limit is for the boot, not for what follows
  boot.file = (asked_.folder / "boot.toml").string();
  std::ofstream(boot.file) << race::write_scenario(boot);
  auto arguments = boot_arguments(boot, std::nullopt);
  const auto engine = engine_arguments(boot, race_files(boot, asked_.folder));
  if (!engine) return wrong(engine.error());
  arguments.insert(arguments.end(), engine->begin(), engine->end());

  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return failed("socketpair");
  socket_ = Descriptor{ends[0]};
  Descriptor other{ends[1]};
  // Beyond the numbers that `cmma boot` gives a meaning in the machine.
  constexpr int beyond = 30;
  Descriptor inherited{::fcntl(other.get(), F_DUPFD, beyond)};
  other.close();
  if (!inherited.is_open()) return failed("socket");
  const fs::path messages = asked_.folder / "boot.log";
  const Descriptor log{::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (!log.is_open()) return failed(messages.string());
  arguments.insert(arguments.begin(), "cmma");
  arguments.insert(arguments.end(), {"--fork-driver", fmt::to_string(inherited.get())});
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  machine_ = ::fork();
  if (machine_ == 0) {
    // An interrupt at the terminal is for the campaign, which lets runs that are under way come to their end.
    ::setpgid(0, 0);
    const int null = ::open("/dev/null", O_RDONLY);
    if (null >= 0) ::dup2(null, STDIN_FILENO);
    ::dup2(log.get(), STDOUT_FILENO);
    ::dup2(log.get(), STDERR_FILENO);
    ::execv("/proc/self/exe", pointers.data());
    ::_exit(exit_host);
  }
  // So that its other end sees when the machine has gone.
  inherited.close();
  if (machine_ < 0) return failed("fork");
  const double limit = scenario_.boot.timeout != 0 ? scenario_.boot.timeout : boot_limit;
  pollfd source{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&source, 1, static_cast<int>(limit * 1000)) == 1) {
    const auto text = hear();
    ready_ = text && text->starts_with("ready");
  }
  if (ready_) return {};
  std::string last = content(messages);
  if (last.size() > 2000) last.erase(0, last.size() - 2000);
  return wrong(fmt::format(
      "the guest has not opened its window (a line \"cmma: window\" on its console); the end of its run:\n{}",
      last));
}

std::expected<std::string, std::string> Window::hear() const {
  std::array<char, 4096> text{};
  ssize_t length = 0;
  do {
    length = ::recv(socket_.get(), text.data(), text.size(), 0);
  } while (length < 0 && errno == EINTR);
  if (length <= 0) return wrong("the machine has gone");
  return std::string{text.data(), static_cast<std::size_t>(length)};
}

fs::path Window::file(std::uint64_t plan, const char* suffix) const {
  return asked_.folder / fmt::format("plan-{}{}", plan, suffix);
}

void Window::forget(std::uint64_t plan) const {
  std::error_code ignored;
  for (const char* suffix : {".toml", ".log", ".console", ".schedule", ".uses"})
    fs::remove(file(plan, suffix), ignored);
}

std::expected<void, std::string> Window::run_undisturbed(const race::Scenario& one, std::size_t triggers) {
  if (auto begun = begin(no_plan, one, triggers); !begun) return begun;
  const auto ended = next();
  if (!ended) return wrong(ended.error());
  if (!ended->second.signature.empty())
    return wrong(fmt::format("the guest fails without any action, too: {}", ended->second.signature));
  return {};
}

std::expected<std::uint64_t, std::string> Window::count(const race::AtEvent& event) {
  race::Scenario one = scenario_;
  race::Trigger& never = one.triggers.emplace_back();
  never.place = event;
  never.nth = std::numeric_limits<std::int64_t>::max();
  never.action = race::Action::print;
  if (auto ran = run_undisturbed(one, 1); !ran) return wrong(std::move(ran.error()));
  return tally(no_plan, 1).reached;
}

std::expected<std::vector<race::UseInterval>, std::string> Window::uses() {
  race::Scenario one = scenario_;
  one.uses = file(no_plan, ".uses");
  if (auto ran = run_undisturbed(one, 0); !ran) return wrong(std::move(ran.error()));
  if (!fs::exists(one.uses)) return wrong("the machine has not written when it uses blocks");
  auto uses = race::parse_uses(content(one.uses));
  if (!uses) return wrong(fmt::format("{}: {}", one.uses, uses.error()));
  return uses;
}

std::expected<void, std::string> Window::begin(std::uint64_t plan,
                                               const std::vector<race::Trigger>& triggers) {
  race::Scenario one = scenario_;
  one.triggers.insert(one.triggers.end(), triggers.begin(), triggers.end());
  return begin(plan, one, triggers.size());
}

std::expected<void, std::string> Window::begin(std::uint64_t plan, const race::Scenario& one,
                                               std::size_t triggers) {
  std::ofstream stream(file(plan, ".toml"));
  stream << race::write_scenario(one);
  stream.close();
  if (!stream) return wrong(fmt::format("{}: cannot be written", file(plan, ".toml").string()));
  const std::string order = fmt::format("run {} {}", file(plan, "").string(), asked_.limit);
  if (::send(socket_.get(), order.data(), order.size(), MSG_NOSIGNAL) < 0)
    return failed("the machine has gone");
  under_way_.emplace(plan, triggers);
  return {};
}

std::expected<std::pair<std::uint64_t, race::Result>, std::string> Window::next() {
  forget(ended_);
  const auto text = hear();
  if (!text) return wrong(text.error());
  const std::uint64_t plan = number_behind(*text, "/plan-");
  const auto status = static_cast<int>(number_behind(*text, " "));
  const auto place = under_way_.find(plan);
  if (!text->starts_with("end ") || place == under_way_.end())
    return wrong(fmt::format("the machine said '{}'", *text));
  const std::size_t triggers = place->second;
  under_way_.erase(place);
  ended_ = plan;
  if (status == exit_usage || status == exit_host || status >= exit_signal)
    return wrong(fmt::format("plan {} could not be run: {}", plan, content(file(plan, ".log"))));
  const Tally sums = tally(plan, triggers);
  std::string said = content(console());
  const std::size_t guests = said.size();
  append_page_findings(said, file(plan, ".log"));
  if (said.size() != guests) std::ofstream(console(), std::ios::binary) << said;
  std::string signature = found_in(schedule());
  if (signature.empty()) signature = race::signature(said, ending_of(status));
  return std::pair{
      plan, race::Result{.signature = std::move(signature), .done = sums.done, .refused = sums.refused}};
}

Window::Tally Window::tally(std::uint64_t plan, std::size_t count) const {
  std::vector<std::string> lines;
  Tally sums;
  std::ifstream log(file(plan, ".log"));
  for (std::string line; std::getline(log, line);) {
    if (line.find(": reached ") != std::string::npos) lines.push_back(line);
    // Steps that were done have no line of their own.
    if (line.find(" steps of the schedule ") != std::string::npos)
      sums.done = std::min<std::uint64_t>(count, number_behind(line, " of the schedule "));
  }
  sums.reached = sums.done;
  const std::size_t others = count - sums.done;
  for (std::size_t i = lines.size() - std::min(others, lines.size()); i < lines.size(); ++i) {
    sums.reached += number_behind(lines[i], ": reached ");
    sums.done += number_behind(lines[i], ", done ");
    sums.refused += number_behind(lines[i], ", refused ");
  }
  return sums;
}

}  // namespace cmma::cli
