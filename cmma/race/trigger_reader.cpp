#include "race/trigger_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "race/kinds.hpp"

namespace cmma::race {
namespace {

constexpr std::array<std::string_view, 10> action_names{"discard", "page-out", "page-in", "drop",  "switch",
                                                        "release", "timer",    "stop",    "print", "monitor"};

// Actions that say where the guest is.
bool speaks(Action action) {
  return action == Action::print || action == Action::stop || action == Action::monitor;
}

std::expected<Place, std::string> read_access(const ScenarioFile& file, const toml::table& table,
                                              std::uint64_t address) {
  AtAccess at{.address = address};
  const std::string kind = text(table, "kind");
  if (kind == "load") {
    at.kinds = CMMA_ACCESS_LOAD;
  } else if (kind == "store") {
    at.kinds = CMMA_ACCESS_STORE;
  } else if (table.contains("kind")) {
    return file.wrong(line_of(*table.get("kind")), R"(kind must be "load" or "store")");
  }
  return at;
}

std::expected<Place, std::string> read_place(const ScenarioFile& file, const toml::table& table,
                                             unsigned line) {
  const int kinds_given = int{table.contains("at")} + int{table.contains("event")} +
                          int{table.contains("access")} + int{table.contains("instructions")};
  if (kinds_given != 1) {
    return file.wrong(line, kinds_given == 0 ? "a trigger needs at, event, access or instructions"
                                             : "at, event, access and instructions exclude each other");
  }
  const auto only_with = [&](std::string_view key, bool allowed, std::string_view what) -> Done {
    if (table.contains(key) && !allowed)
      return file.wrong(line_of(*table.get(key)), fmt::format("{} goes with {} only", key, what));
    return {};
  };
  const std::string event = text(table, "event");
  const Kind* const kind = kind_named(event);
  if (table.contains("event") && event != "any" && kind == nullptr)
    return file.wrong(line_of(*table.get("event")), fmt::format("'{}' is not an event", event));
  for (const Done& good :
       {only_with("orc", event == "essa", "event = \"essa\""),
        only_with("detail", kind != nullptr && event != "essa", "an event (and orc is that of essa)"),
        only_with("operand", kind != nullptr && kind->has_block, "an event that has a block"),
        only_with("after-event", table.contains("instructions"), "instructions"),
        only_with("drawn", table.contains("instructions"), "instructions"),
        only_with("kind", table.contains("access"), "access"),
        only_with("nth", !table.contains("instructions"), "at, event and access"),
        only_with("count", !table.contains("instructions"), "at, event and access")}) {
    if (!good) return std::unexpected(good.error());
  }
  if (const auto at = number(table, "at")) return AtAddress{*at};
  if (table.contains("at")) return AtAddress{text(table, "at")};
  if (const auto access = number(table, "access")) return read_access(file, table, *access);
  if (const auto point = number(table, "instructions")) {
    return AtPoint{.instructions = *point,
                   .after_event = number(table, "after-event"),
                   .drawn = table["drawn"].value_or(false)};
  }
  AtEvent at;
  at.kind = kind == nullptr ? 0 : kind->number;
  for (const std::string_view key : {"orc", "detail"}) {
    const auto detail = number(table, key);
    if (!detail) continue;
    if (*detail > (key == "orc" ? 15 : std::numeric_limits<std::uint32_t>::max()))
      return file.wrong(line_of(*table.get(key)), fmt::format("{} is too large", key));
    at.detail = static_cast<std::uint32_t>(*detail);
  }
  at.operand = number(table, "operand");
  return at;
}

std::expected<BlockChoice, std::string> read_block(const ScenarioFile& file, const toml::table& table,
                                                   bool has_event) {
  const unsigned line = line_of(*table.get("block"));
  if (const auto address = number(table, "block")) return *address;
  std::string_view word = *table["block"].value<std::string_view>();
  if (word == "last-essa") return LastEssa{};
  if (word == "any volatile") return AnyVolatile{};
  if (word == "event") {
    if (!has_event) return file.wrong(line, "block = \"event\" goes with an event that has a block only");
    return EventBlock{};
  }
  InRegister choice;
  constexpr std::string_view page = "page in ";
  constexpr std::string_view of = "register ";
  choice.page = word.starts_with(page);
  if (choice.page) word.remove_prefix(page.size());
  if (word.starts_with(of)) {
    word.remove_prefix(of.size());
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), choice.number);
    if (error == std::errc{} && end == word.data() + word.size() && choice.number < 16) return choice;
  }
  return file.wrong(
      line,
      R"(block must be an address, "last-essa", "event", "any volatile", "register N" or "page in register N")");
}

std::expected<std::optional<int>, std::string> read_cpu(const ScenarioFile& file, const toml::table& table,
                                                        std::string_view key) {
  const auto value = number(table, key);
  if (!value) return std::nullopt;
  if (*value > 7) return file.wrong(line_of(*table.get(key)), fmt::format("{} must be 0 to 7", key));
  return static_cast<int>(*value);
}

// S2
Done check_action(const ScenarioFile& file, const toml::table& table, const Trigger& trigger) {
  const Action action = trigger.action;
  const bool switches = action == Action::switch_cpu;
  struct Rule {
    std::string_view key;
    bool required;
    bool allowed;
  };
  for (const Rule& rule :
       {Rule{"block", acts_on_block(action), acts_on_block(action)},
        Rule{"to", switches, switches || action == Action::timer}, Rule{"until", false, switches},
        Rule{"stay", false, switches}, Rule{"text", false, speaks(action)}}) {
    if (rule.required && !table.contains(rule.key))
      return file.wrong(trigger.line, fmt::format("the action {} needs {}", action_name(action), rule.key));
    if (!rule.allowed && table.contains(rule.key)) {
      return file.wrong(line_of(*table.get(rule.key)),
                        fmt::format("the action {} takes no {}", action_name(action), rule.key));
    }
  }
  if (trigger.until && trigger.stay != 0)
    return file.wrong(line_of(*table.get("stay")), "until and stay exclude each other");
  return {};
}

}  // namespace

std::string_view action_name(Action action) { return action_names.at(static_cast<std::size_t>(action)); }

bool acts_on_block(Action action) { return action <= Action::drop; }

std::expected<Trigger, std::string> read_trigger(const ScenarioFile& file, const toml::table& table) {
  if (auto good = check_table(file, table, Table::trigger); !good) return std::unexpected(good.error());
  Trigger trigger;
  trigger.line = line_of(table);
  trigger.name = text(table, "name");
  trigger.after = text(table, "after");
  trigger.text = text(table, "text");
  const std::string action = text(table, "action");
  const auto* const found = std::ranges::find(action_names, action);
  if (found == action_names.end()) {
    return file.wrong(line_of(*table.get("action")), fmt::format("'{}' is not an action (there are {})",
                                                                 action, fmt::join(action_names, ", ")));
  }
  trigger.action = static_cast<Action>(found - action_names.begin());
  auto place = read_place(file, table, trigger.line);
  if (!place) return std::unexpected(std::move(place.error()));
  trigger.place = std::move(*place);
  for (const auto& [key, to] : {std::pair{"cpu", &trigger.cpu}, std::pair{"to", &trigger.to}}) {
    auto cpu = read_cpu(file, table, key);
    if (!cpu) return std::unexpected(std::move(cpu.error()));
    *to = *cpu;
  }
  trigger.nth = number(table, "nth").value_or(1);
  if (trigger.nth == 0) return file.wrong(line_of(*table.get("nth")), "nth counts from 1");
  trigger.count = number(table, "count").value_or(1);
  trigger.stay = number(table, "stay").value_or(0);
  trigger.until = table["until"].value<std::string>();
  if (auto good = check_action(file, table, trigger); !good) return std::unexpected(good.error());
  if (trigger.block || !table.contains("block")) return trigger;
  const auto* const event = std::get_if<AtEvent>(&trigger.place);
  const Kind* const kind = event == nullptr ? nullptr : kind_of(event->kind);
  auto block = read_block(file, table, event != nullptr && (event->kind == 0 || kind->has_block));
  if (!block) return std::unexpected(std::move(block.error()));
  trigger.block = *block;
  return trigger;
}

}  // namespace cmma::race
