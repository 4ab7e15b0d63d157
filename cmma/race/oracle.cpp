#include "race/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "race/pages.hpp"

namespace cmma::race {
namespace {

using enum Failure;

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// "[    1.234567] " and "[   12.34][  T123] " are the kernel's, not the message's.
std::string_view without_time(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (;;) {
    const std::size_t end = line.find(']');
    if (!line.starts_with('[') || end == std::string_view::npos) return line;
    const std::string_view inside = trimmed(line.substr(1, end - 1));
    const bool is_stamp = !inside.empty() && std::ranges::all_of(inside, [](char c) {
      return is_digit(c) || c == '.' || c == 'T' || c == 'C' || c == ' ';
    });
    if (!is_stamp) return line;
    line = trimmed(line.substr(end + 1));
  }
}

// What a message begins with or has in it, which failure it is, and from where on it is told.
struct Pattern {
  std::string_view text;
  Failure failure;
  bool from_start;  // the words begin with the pattern; otherwise behind it
};

// In the order in which they are tried.
constexpr std::array patterns{
    Pattern{"BUG: KASAN: ", kasan, false},
    Pattern{"BUG: Bad page state", corruption, true},
    Pattern{"BUG: Bad page map", corruption, true},
    Pattern{"BUG: Bad rss-counter state", corruption, true},
    Pattern{"BUG: non-zero pgtables_bytes", corruption, true},
    Pattern{"list_add corruption", corruption, true},
    Pattern{"list_del corruption", corruption, true},
    Pattern{"checksum mismatch", corruption, true},
    Pattern{page_finding_begins, corruption, true},
    Pattern{"WARNING: possible circular locking dependency detected", lockdep, true},
    Pattern{"WARNING: possible recursive locking detected", lockdep, true},
    Pattern{"WARNING: possible irq lock inversion dependency detected", lockdep, true},
    Pattern{"WARNING: inconsistent lock state", lockdep, true},
    Pattern{"WARNING: bad unlock balance detected", lockdep, true},
    Pattern{"WARNING: lock held when returning to user space", lockdep, true},
    Pattern{"WARNING: suspicious RCU usage", lockdep, true},
    Pattern{"BUG: sleeping function called from invalid context", bug, true},
    Pattern{"BUG: scheduling while atomic", bug, true},
    Pattern{"BUG: workqueue lockup", hang, true},
    Pattern{"BUG: soft lockup", hang, true},
    Pattern{"rcu: INFO: rcu_", hang, false},
    Pattern{" blocked for more than ", hang, true},
    Pattern{"kernel BUG at ", bug, false},
    Pattern{"BUG: ", bug, false},
    Pattern{"Unable to handle kernel ", oops, false},
    Pattern{"illegal operation: ", oops, true},
    Pattern{"addressing exception: ", oops, true},
    Pattern{"specification exception: ", oops, true},
    Pattern{"monitor event: ", oops, true},
    Pattern{"Kernel panic - not syncing: ", panic, false},
    Pattern{"WARNING: ", warning, false},
};

std::optional<Pattern> match(std::string_view line) {
  for (const Pattern& pattern : patterns) {
    const std::size_t at = line.find(pattern.text);
    // A program that talks about a kernel does not begin its line with these words.
    const bool begins =
        at == 0 || pattern.text.front() == ' ' || pattern.failure == corruption || pattern.failure == hang;
    if (at != std::string_view::npos && begins) return pattern;
  }
  return std::nullopt;
}

// Of "f+0x1c/0x80" the function, if there is one in this text.
std::string function_in(std::string_view text) {
  for (std::size_t at = text.find("+0x"); at != std::string_view::npos; at = text.find("+0x", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '.')) --begin;
    if (begin < at) return std::string{text.substr(begin, at - begin)};
  }
  return {};
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The function that the PSW of a report is in: "Krnl PSW : ... (folio_put+0x12/0x40)".
std::string function_of_psw(const std::vector<std::string_view>& lines, std::size_t from) {
  constexpr std::size_t reach = 12;
  for (std::size_t i = from; i < std::min(lines.size(), from + reach); ++i) {
    if (lines[i].find("Krnl PSW") != std::string_view::npos) return function_in(lines[i]);
  }
  return {};
}

std::string words(const Pattern& pattern, const std::vector<std::string_view>& lines, std::size_t index) {
  std::string_view line = without_time(lines[index]);
  const std::size_t at = line.find(pattern.text);
  // What follows names processes and blocks that differ from run to run.
  if (pattern.failure == hang && pattern.text.front() == ' ') return "task blocked";
  // What the host has found wrong, up to which page.
  if (pattern.text == page_finding_begins) {
    const std::string_view rest = line.substr(at + pattern.text.size());
    return fmt::format("struct page: {}", rest.substr(0, rest.find(':')));
  }
  if (pattern.failure == corruption || (pattern.failure == hang && pattern.from_start))
    return std::string{pattern.text};
  std::string_view rest = pattern.from_start ? line.substr(at) : line.substr(at + pattern.text.size());
  std::string text;
  if (pattern.failure == warning) {
    // "CPU: 0 PID: 12 at mm/rmap.c:123 folio_add+0x1c/0x90": where, and which function.
    const std::size_t place = rest.find(" at ");
    const std::string_view where = place == std::string_view::npos ? rest : rest.substr(place + 4);
    const std::string function = function_in(where);
    std::string_view file = where.substr(0, where.find(' '));
    file = file.substr(0, file.find(':'));
    // A kernel without CONFIG_DEBUG_BUGVERBOSE names no file.
    if (file.find("+0x") != std::string_view::npos) file = {};
    text = fmt::format("{}{}{}", file, file.empty() || function.empty() ? "" : ": ", function);
    if (place != std::string_view::npos) return text;
  }
  if (pattern.text == "kernel BUG at ") {
    rest = rest.substr(0, rest.find(':'));
    text = rest;
  } else {
    text = stable_text(rest);
  }
  const bool has_place = pattern.failure == oops || pattern.text == "kernel BUG at ";
  if (has_place) {
    if (const std::string function = function_of_psw(lines, index + 1); !function.empty())
      text += " in " + function;
  }
  return text;
}

// Lower is told first (O3).
int rank(Failure failure) { return static_cast<int>(failure); }

}  // namespace

std::string_view failure_name(Failure failure) {
  constexpr std::array<std::string_view, 9> names{"kasan", "corruption", "lockdep", "bug",  "oops",
                                                  "panic", "warning",    "hang",    "guest"};
  return names.at(static_cast<std::size_t>(failure));
}

std::string stable_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool begins = i == 0 || !is_word(text[i - 1]);
    std::size_t end = i;
    if (begins && text.substr(i).starts_with("0x")) end = i + 2;
    while (begins && end < text.size() && is_hex(text[end])) ++end;
    const std::string_view run = text.substr(i, end - i);
    const bool whole = end == text.size() || !is_word(text[end]);
    // A word such as "bad" or "dead" is hexadecimal too; a number has a digit in it.
    const bool number = whole && !run.empty() && std::ranges::any_of(run, is_digit);
    // "+0x1c/0x80" behind a function.
    if (text[i] == '+' && text.substr(i + 1).starts_with("0x")) {
      ++i;
      while (i < text.size() && (is_word(text[i]) || text[i] == '/')) ++i;
      continue;
    }
    if (number) {
      out += '#';
      i = end;
      continue;
    }
    out += text[i++];
  }
  // "#-#", "# #" and the like say no more than one of them.
  for (const std::string_view twice : {"##", "#.#", "#:#", "#-#", "#,#", "#/#", "# #"}) {
    for (std::size_t at = 0; (at = out.find(twice)) != std::string::npos;) out.erase(at, twice.size() - 1);
  }
  return std::string{trimmed(out)};
}

std::vector<Finding> findings(std::string_view console) {
  std::vector<Finding> all;
  const auto lines = lines_of(console);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto pattern = match(without_time(lines[i]));
    if (!pattern) continue;
    all.push_back({.failure = pattern->failure,
                   .what = words(*pattern, lines, i),
                   .line = static_cast<unsigned>(i + 1)});
  }
  return all;
}

std::string signature(std::string_view console, Ending ending) {
  const auto all = findings(console);
  const auto worst =
      std::ranges::min_element(all, {}, [](const Finding& finding) { return rank(finding.failure); });
  if (worst != all.end()) return fmt::format("{}: {}", failure_name(worst->failure), worst->what);
  switch (ending) {
    case Ending::hang:
      return "hang: no end";
    case Ending::failed:
      return "guest: failed without a report";
    case Ending::good:
      break;
  }
  return {};
}

}  // namespace cmma::race
