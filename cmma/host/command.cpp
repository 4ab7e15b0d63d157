// The operator's commands. An address is absolute and hexadecimal, with or without 0x.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/host.hpp"
#include "record/matrix.hpp"

namespace cmma::host {

namespace {

constexpr std::string_view help_text =
    "matrix           how many blocks are in each pair of usage and content state\n"
    "counters [all]   the counters that are not 0, or all of them\n"
    "frames           the frames, and the slots of the paging store\n"
    "options          the options in force\n"
    "option NAME      the value of an option\n"
    "block ADDRESS    the state of a block\n"
    "discard ADDRESS  throw a volatile or unused block away\n"
    "pageout ADDRESS  move a block to the paging store\n"
    "evict ADDRESS    take a block away, as its state demands\n"
    "pagein ADDRESS   give a stable block a frame with its content\n"
    "mark LABEL       note the matrix and the counters for the report, under this label\n"
    "audit ...        where the guest keeps its records of blocks, and what they must not say\n"
    "json             the report of the run up to now\n"
    "kernel-log       what a Linux guest has logged, from its memory\n"
    "help             this\n";

Host::Answer refuse(std::string text) { return {.done = false, .text = std::move(text) + "\n"}; }

// The next word; `rest` loses it.
std::string_view take_word(std::string_view& rest) {
  constexpr std::string_view blank = " \t";
  rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(blank));
  rest.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> parse_address(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Host::Answer Host::command(std::string_view line) {
  const std::string_view verb = take_word(line);
  if (verb == "mark") {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return refuse("a mark needs a label");
    mark(std::string{line});
    return {.text = fmt::format("{}:\n{}", line, record::matrix_as_text(record::count_states(states_)))};
  }
  if (verb == "audit") {
    const Section section(*this);
    auto done = audit_.command(line, blocks() * CMMA_BLOCK_SIZE);
    if (!done) return refuse(std::move(done.error()));
    return {.text = "audit: noted\n"};
  }
  const std::string_view argument = take_word(line);
  if (!take_word(line).empty()) return refuse("too many words (try: help)");
  if (verb == "help") return {.text = std::string{help_text}};
  if (verb == "matrix") return {.text = record::matrix_as_text(record::count_states(states_))};
  if (verb == "counters") return {.text = record::counters_as_text(counters_.snapshot(), argument == "all")};
  if (verb == "frames") {
    return {.text = fmt::format("frames: {} of {} in use, {} slots of the paging store in use\n",
                                frames_.used(), frames_.limit(), slots_in_use())};
  }
  if (verb == "json") {
    const Section section(*this);
    return {.text = record::report_as_text(report())};
  }
  if (verb == "kernel-log") {
    const Section section(*this);
    auto log = kernel_log();
    return log ? Answer{.text = std::move(*log)} : refuse(std::move(log.error()));
  }
  if (verb == "options" || verb == "option") return option_value(argument);
  if (verb != "block" && verb != "discard" && verb != "pageout" && verb != "evict" && verb != "pagein") {
    return refuse(fmt::format("'{}' is not a command (try: help)", verb));
  }
  const auto address = parse_address(argument);
  if (!address) return refuse(fmt::format("'{}' is not a hexadecimal address", argument));
  const Block block = *address >> CMMA_BLOCK_SHIFT;
  if (block >= blocks()) return refuse(fmt::format("{:#x} is outside main storage", *address));
  return act_on(verb, block);
}

// All options, or one. An option that is on or off is done or not done, so that the machine can ask.
Host::Answer Host::option_value(std::string_view name) {
  Answer answer{.done = false, .text = {}};
  for (const auto& [known, value] : options_in_force()) {
    if (!name.empty() && name != known) continue;
    answer.text += fmt::format("{}={}\n", known, value);
    answer.done = name.empty() || value != "off";
  }
  if (answer.text.empty()) answer.text = fmt::format("'{}' is not an option\n", name);
  return answer;
}

Host::Answer Host::act_on(std::string_view verb, Block block) {
  if (verb == "block") {
    const Section section(*this);
    return {.text = describe(block) + "\n"};
  }
  Answer answer;
  machine_.quiesce(machine_.context, CMMA_NOT_A_CPU);
  {
    const Section section(*this);
    const auto obstacle = act_locked(verb, block);
    answer.done = !obstacle;
    answer.text =
        (obstacle ? fmt::format("cannot {}: {}; ", verb, *obstacle) : std::string{}) + describe(block) + "\n";
  }
  machine_.resume(machine_.context, CMMA_NOT_A_CPU);
  return answer;
}

std::string Host::describe(Block block) {
  const Byte now = load(block);
  return fmt::format("block {:#x}: {}{}{}", block << CMMA_BLOCK_SHIFT, state::to_text(now),
                     store_.holds(block) ? ", copy on the paging store" : "",
                     machine_.exempt(machine_.context, block) != 0 ? ", in use by the machine" : "");
}

}  // namespace cmma::host
