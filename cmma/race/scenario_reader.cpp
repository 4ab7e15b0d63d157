// Reads a scenario: its tables, and what holds between its triggers.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "race/scenario.hpp"
#include "race/scenario_tables.hpp"
#include "race/trigger_reader.hpp"

namespace cmma::race {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view file) : file_{file} {}

  std::expected<Scenario, std::string> read(const toml::table& root) {
    Scenario scenario;
    scenario.file = file_.name;
    if (auto good = check_table(file_, root, Table::top); !good) return std::unexpected(good.error());
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
        auto trigger = read_trigger(file_, *element.as_table());
        if (!trigger) return std::unexpected(std::move(trigger.error()));
        scenario.triggers.push_back(std::move(*trigger));
      }
    }
    if (auto good = check_names(scenario); !good) return std::unexpected(good.error());
    return scenario;
  }

 private:
  Done read_boot(const toml::table& root, Boot& boot) const {
    const toml::table* const table = root["boot"].as_table();
    if (table == nullptr) return {};
    if (auto good = check_table(file_, *table, Table::boot); !good) return good;
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
    if (cpus == 0 || cpus > 8) return file_.wrong(line_of(*table->get("cpus")), "cpus must be 1 to 8");
    boot.cpus = static_cast<unsigned>(cpus);
    return {};
  }

  Done read_guest(const toml::table& root, Guest& guest) const {
    const toml::table* const table = root["guest"].as_table();
    if (table == nullptr) return {};
    if (auto good = check_table(file_, *table, Table::guest); !good) return good;
    guest.vmlinux = text(*table, "vmlinux");
    guest.base = number(*table, "base");
    guest.struct_page = number(*table, "struct-page").value_or(0);
    if (table->contains("struct-page") && (guest.struct_page == 0 || guest.struct_page % 8 != 0))
      return file_.wrong(line_of(*table->get("struct-page")), "struct-page must be a multiple of 8");
    return {};
  }

  [[nodiscard]] Done check_names(const Scenario& scenario) const {
    std::set<std::string_view> names;
    const bool releases = std::ranges::any_of(
        scenario.triggers, [](const Trigger& trigger) { return trigger.action == Action::release; });
    for (const Trigger& trigger : scenario.triggers) {
      if (!trigger.after.empty() && !names.contains(trigger.after)) {
        return file_.wrong(
            trigger.line,
            fmt::format("after = \"{}\": no trigger before this one has this name", trigger.after));
      }
      if (!trigger.name.empty() && !names.insert(trigger.name).second)
        return file_.wrong(trigger.line, fmt::format("two triggers are called {}", trigger.name));
      const bool held = trigger.action == Action::switch_cpu && !trigger.until && trigger.stay == 0;
      if (held && !releases && !std::holds_alternative<AtPoint>(trigger.place))
        return file_.wrong(trigger.line,
                           "a switch needs until or stay, or the scenario a trigger with action release");
      const auto* const at = std::get_if<AtAddress>(&trigger.place);
      const bool symbolic = trigger.until || (at != nullptr && at->where.index() == 1);
      if (symbolic && scenario.guest.vmlinux.empty())
        return file_.wrong(trigger.line, "a symbol needs vmlinux in [guest]");
    }
    return {};
  }

  const ScenarioFile file_;
};

}  // namespace

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
