// Reads a scenario. First each key is compared with the schema, then the triggers are looked at for what
// contradicts itself. The first mistake is the error.
#define TOML_EXCEPTIONS 0  // an error is a value here
#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "race/kinds.hpp"
#include "race/scenario.hpp"
#include "race/schema.hpp"

namespace cmma::race {
namespace {

using Done = std::expected<void, std::string>;

constexpr std::array<std::string_view, 10> action_names{"discard", "page-out", "page-in", "drop",  "switch",
                                                        "release", "timer",    "stop",    "print", "monitor"};

// Actions that say where the guest is.
bool speaks(Action action) {
  return action == Action::print || action == Action::stop || action == Action::monitor;
}

unsigned line_of(const toml::node& node) { return static_cast<unsigned>(node.source().begin.line); }

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  std::expected<Scenario, std::string> read(const toml::table& root) {
    Scenario scenario;
    scenario.file = file_;
    if (auto good = check_table(root, Table::top); !good) return std::unexpected(good.error());
    scenario.name = text(root, "name");
    scenario.race = text(root, "race");
    scenario.summary = text(root, "summary");
    scenario.expect = text(root, "expect");
    scenario.found = text(root, "found");
    scenario.uses = text(root, "uses");
    scenario.seed = number(root, "seed").value_or(1);
    if (auto good = read_boot(root, scenario.boot); !good) return std::unexpected(good.error());
    if (auto good = read_guest(root, scenario.guest); !good) return std::unexpected(good.error());
    if (const toml::node* const node = root.get("trigger")) {
      for (const toml::node& element : *node->as_array()) {
        auto trigger = read_trigger(*element.as_table());
        if (!trigger) return std::unexpected(std::move(trigger.error()));
        scenario.triggers.push_back(std::move(*trigger));
      }
    }
    if (auto good = check_names(scenario); !good) return std::unexpected(good.error());
    return scenario;
  }

 private:
  [[nodiscard]] std::unexpected<std::string> wrong(unsigned line, std::string_view reason) const {
    return std::unexpected(fmt::format("{}:{}: {}", file_, line, reason));
  }

  static bool has_type(const toml::node& node, Type type) {
    const bool number = node.is_integer() && *node.value<std::int64_t>() >= 0;
    switch (type) {
      case Type::text:
        return node.is_string();
      case Type::number:
        return number;
      case Type::seconds:
        return number || (node.is_floating_point() && *node.value<double>() >= 0);
      case Type::texts:
        return node.is_array() && std::ranges::all_of(*node.as_array(), [](const toml::node& element) {
                 return element.is_string();
               });
      case Type::place:
        return number || node.is_string();
      case Type::flag:
        return node.is_boolean();
    }
    return false;
  }

  // A table where the top has its tables, or an array of tables.
  static bool is_sub_table(const toml::node& node, std::string_view name) {
    if (name == "trigger") {
      return node.is_array() && std::ranges::all_of(*node.as_array(), [](const toml::node& element) {
               return element.is_table();
             });
    }
    return node.is_table();
  }

  [[nodiscard]] Done check_table(const toml::table& table, Table which) const {
    // In the order of the file, so that the first mistake is the first one that the user sees.
    std::vector<std::pair<std::string_view, const toml::node*>> entries;
    for (const auto& [name, node] : table) entries.emplace_back(name.str(), &node);
    std::ranges::sort(entries, {}, [](const auto& entry) { return line_of(*entry.second); });
    const std::string_view in = table_name(which);
    for (const auto& [name, node] : entries) {
      if (which == Table::top && (name == "boot" || name == "guest" || name == "trigger")) {
        if (!is_sub_table(*node, name))
          return wrong(line_of(*node),
                       fmt::format("{} must be a table: write {}", name,
                                   name == "trigger" ? "[[trigger]]" : fmt::format("[{}]", name)));
        continue;
      }
      const Key* const key = find_key(which, name);
      if (key == nullptr) {
        return wrong(line_of(*node), in.empty() ? fmt::format("'{}' is not a key of a scenario", name)
                                                : fmt::format("'{}' is not a key of {}", name, in));
      }
      if (!has_type(*node, key->type))
        return wrong(line_of(*node), fmt::format("{} must be a {}", name, type_name(key->type)));
    }
    for (const Key& key : schema()) {
      if (key.table == which && key.required && !table.contains(key.name)) {
        return wrong(std::max(1u, line_of(table)),
                     fmt::format("{} is missing{}{}", key.name, in.empty() ? "" : " in ", in));
      }
    }
    return {};
  }

  static std::string text(const toml::table& table, std::string_view name) {
    return table[name].value_or(std::string{});
  }
  static std::optional<std::uint64_t> number(const toml::table& table, std::string_view name) {
    const auto value = table[name].value<std::int64_t>();
    if (!value) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
  }
  static std::vector<std::string> texts(const toml::table& table, std::string_view name) {
    std::vector<std::string> all;
    if (const toml::array* const array = table[name].as_array()) {
      for (const toml::node& element : *array) all.push_back(*element.value<std::string>());
    }
    return all;
  }

  Done read_boot(const toml::table& root, Boot& boot) const {
    const toml::table* const table = root["boot"].as_table();
    if (table == nullptr) return {};
    if (auto good = check_table(*table, Table::boot); !good) return good;
    boot = {.kernel = text(*table, "kernel"),
            .initrd = text(*table, "initrd"),
            .append = text(*table, "append"),
            .memory = text(*table, "memory"),
            .frames = text(*table, "frames"),
            .policy = text(*table, "policy"),
            .run = (*table)["run"].value<std::string>(),
            .overlays = texts(*table, "overlay"),
            .disks = texts(*table, "disk"),
            .options = texts(*table, "options"),
            .timeout = (*table)["timeout"].value_or(0.0),
            .limit = (*table)["limit"].value<double>()};
    const std::uint64_t cpus = number(*table, "cpus").value_or(1);
    if (cpus == 0 || cpus > 8) return wrong(line_of(*table->get("cpus")), "cpus must be 1 to 8");
    boot.cpus = static_cast<unsigned>(cpus);
    return {};
  }

  Done read_guest(const toml::table& root, Guest& guest) const {
    const toml::table* const table = root["guest"].as_table();
    if (table == nullptr) return {};
    if (auto good = check_table(*table, Table::guest); !good) return good;
    guest.vmlinux = text(*table, "vmlinux");
    guest.base = number(*table, "base");
    guest.struct_page = number(*table, "struct-page").value_or(0);
    if (table->contains("struct-page") && (guest.struct_page == 0 || guest.struct_page % 8 != 0))
      return wrong(line_of(*table->get("struct-page")), "struct-page must be a multiple of 8");
    return {};
  }

  [[nodiscard]] std::expected<Place, std::string> read_place(const toml::table& table, unsigned line) const {
    const int kinds_given = int{table.contains("at")} + int{table.contains("event")} +
                            int{table.contains("access")} + int{table.contains("instructions")};
    if (kinds_given != 1) {
      return wrong(line, kinds_given == 0 ? "a trigger needs at, event, access or instructions"
                                          : "at, event, access and instructions exclude each other");
    }
    const auto only_with = [&](std::string_view key, bool allowed, std::string_view what) -> Done {
      if (table.contains(key) && !allowed)
        return wrong(line_of(*table.get(key)), fmt::format("{} goes with {} only", key, what));
      return {};
    };
    const std::string event = text(table, "event");
    const Kind* const kind = kind_named(event);
    if (table.contains("event") && event != "any" && kind == nullptr)
      return wrong(line_of(*table.get("event")), fmt::format("'{}' is not an event", event));
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
    if (const auto access = number(table, "access")) return read_access(table, *access);
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
        return wrong(line_of(*table.get(key)), fmt::format("{} is too large", key));
      at.detail = static_cast<std::uint32_t>(*detail);
    }
    at.operand = number(table, "operand");
    return at;
  }

  [[nodiscard]] std::expected<Place, std::string> read_access(const toml::table& table,
                                                              std::uint64_t address) const {
    AtAccess at{.address = address};
    const std::string kind = text(table, "kind");
    if (kind == "load") {
      at.kinds = CMMA_ACCESS_LOAD;
    } else if (kind == "store") {
      at.kinds = CMMA_ACCESS_STORE;
    } else if (table.contains("kind")) {
      return wrong(line_of(*table.get("kind")), R"(kind must be "load" or "store")");
    }
    return at;
  }

  [[nodiscard]] std::expected<BlockChoice, std::string> read_block(const toml::table& table,
                                                                   bool has_event) const {
    const unsigned line = line_of(*table.get("block"));
    if (const auto address = number(table, "block")) return *address;
    std::string_view word = *table["block"].value<std::string_view>();
    if (word == "last-essa") return LastEssa{};
    if (word == "any volatile") return AnyVolatile{};
    if (word == "event") {
      if (!has_event) return wrong(line, "block = \"event\" goes with an event that has a block only");
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
    return wrong(
        line,
        R"(block must be an address, "last-essa", "event", "any volatile", "register N" or "page in register N")");
  }

  [[nodiscard]] std::expected<std::optional<int>, std::string> read_cpu(const toml::table& table,
                                                                        std::string_view key) const {
    const auto value = number(table, key);
    if (!value) return std::nullopt;
    if (*value > 7) return wrong(line_of(*table.get(key)), fmt::format("{} must be 0 to 7", key));
    return static_cast<int>(*value);
  }

  [[nodiscard]] std::expected<Trigger, std::string> read_trigger(const toml::table& table) const {
    if (auto good = check_table(table, Table::trigger); !good) return std::unexpected(good.error());
    Trigger trigger;
    trigger.line = line_of(table);
    trigger.name = text(table, "name");
    trigger.after = text(table, "after");
    trigger.text = text(table, "text");
    const std::string action = text(table, "action");
    const auto* const found = std::ranges::find(action_names, action);
    if (found == action_names.end()) {
      return wrong(line_of(*table.get("action")), fmt::format("'{}' is not an action (there are {})", action,
                                                              fmt::join(action_names, ", ")));
    }
    trigger.action = static_cast<Action>(found - action_names.begin());
    auto place = read_place(table, trigger.line);
    if (!place) return std::unexpected(std::move(place.error()));
    trigger.place = std::move(*place);
    for (const auto& [key, to] : {std::pair{"cpu", &trigger.cpu}, std::pair{"to", &trigger.to}}) {
      auto cpu = read_cpu(table, key);
      if (!cpu) return std::unexpected(std::move(cpu.error()));
      *to = *cpu;
    }
    trigger.nth = number(table, "nth").value_or(1);
    if (trigger.nth == 0) return wrong(line_of(*table.get("nth")), "nth counts from 1");
    trigger.count = number(table, "count").value_or(1);
    trigger.stay = number(table, "stay").value_or(0);
    trigger.until = table["until"].value<std::string>();
    if (auto good = check_action(table, trigger); !good) return std::unexpected(good.error());
    if (trigger.block || !table.contains("block")) return trigger;
    const auto* const event = std::get_if<AtEvent>(&trigger.place);
    const Kind* const kind = event == nullptr ? nullptr : kind_of(event->kind);
    auto block = read_block(table, event != nullptr && (event->kind == 0 || kind->has_block));
    if (!block) return std::unexpected(std::move(block.error()));
    trigger.block = *block;
    return trigger;
  }

  // S2
  [[nodiscard]] Done check_action(const toml::table& table, const Trigger& trigger) const {
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
        return wrong(trigger.line, fmt::format("the action {} needs {}", action_name(action), rule.key));
      if (!rule.allowed && table.contains(rule.key)) {
        return wrong(line_of(*table.get(rule.key)),
                     fmt::format("the action {} takes no {}", action_name(action), rule.key));
      }
    }
    if (trigger.until && trigger.stay != 0)
      return wrong(line_of(*table.get("stay")), "until and stay exclude each other");
    return {};
  }

  [[nodiscard]] Done check_names(const Scenario& scenario) const {
    std::set<std::string_view> names;
    const bool releases = std::ranges::any_of(
        scenario.triggers, [](const Trigger& trigger) { return trigger.action == Action::release; });
    for (const Trigger& trigger : scenario.triggers) {
      if (!trigger.after.empty() && !names.contains(trigger.after)) {
        return wrong(trigger.line,
                     fmt::format("after = \"{}\": no trigger before this one has this name", trigger.after));
      }
      if (!trigger.name.empty() && !names.insert(trigger.name).second)
        return wrong(trigger.line, fmt::format("two triggers are called {}", trigger.name));
      const bool held = trigger.action == Action::switch_cpu && !trigger.until && trigger.stay == 0;
      if (held && !releases && !std::holds_alternative<AtPoint>(trigger.place))
        return wrong(trigger.line,
                     "a switch needs until or stay, or the scenario a trigger with action release");
      const auto* const at = std::get_if<AtAddress>(&trigger.place);
      const bool symbolic = trigger.until || (at != nullptr && at->where.index() == 1);
      if (symbolic && scenario.guest.vmlinux.empty())
        return wrong(trigger.line, "a symbol needs vmlinux in [guest]");
    }
    return {};
  }

  std::string file_;
};

}  // namespace

std::string_view action_name(Action action) { return action_names.at(static_cast<std::size_t>(action)); }

bool acts_on_block(Action action) { return action <= Action::drop; }

std::expected<Scenario, std::string> parse_scenario(std::string_view text, std::string_view file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return std::unexpected(
        fmt::format("{}:{}: {}", file, parsed.error().source().begin.line, parsed.error().description()));
  }
  return Reader(file).read(parsed.table());
}

std::expected<Scenario, std::string> read_scenario(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  if (!stream) return std::unexpected(fmt::format("{}: cannot be read", file));
  auto scenario = parse_scenario(content.str(), file);
  if (!scenario) return scenario;
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  const auto settle = [&](std::string& name) {
    if (!name.empty()) name = (folder / name).lexically_normal().string();
  };
  settle(scenario->uses);
  settle(scenario->boot.kernel);
  settle(scenario->boot.initrd);
  settle(scenario->guest.vmlinux);
  for (std::string& name : scenario->boot.overlays) settle(name);
  for (std::string& name : scenario->boot.disks) settle(name);
  return scenario;
}

}  // namespace cmma::race
