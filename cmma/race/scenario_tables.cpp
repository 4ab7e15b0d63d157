#include "race/scenario_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cmma::race {
namespace {

bool has_type(const toml::node& node, Type type) {
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
bool is_sub_table(const toml::node& node, std::string_view name) {
  if (name == "trigger") {
    return node.is_array() && std::ranges::all_of(*node.as_array(), [](const toml::node& element) {
             return element.is_table();
           });
  }
  return node.is_table();
}

}  // namespace

std::unexpected<std::string> ScenarioFile::wrong(unsigned line, std::string_view reason) const {
  return std::unexpected(fmt::format("{}:{}: {}", name, line, reason));
}

unsigned line_of(const toml::node& node) { return static_cast<unsigned>(node.source().begin.line); }

Done check_table(const ScenarioFile& file, const toml::table& table, Table which) {
  // In the order of the file, so that the first mistake is the first one that the user sees.
  std::vector<std::pair<std::string_view, const toml::node*>> entries;
  for (const auto& [name, node] : table) entries.emplace_back(name.str(), &node);
  std::ranges::sort(entries, {}, [](const auto& entry) { return line_of(*entry.second); });
  const std::string_view in = table_name(which);
  for (const auto& [name, node] : entries) {
    if (which == Table::top && (name == "boot" || name == "guest" || name == "trigger")) {
      if (!is_sub_table(*node, name))
        return file.wrong(line_of(*node),
                          fmt::format("{} must be a table: write {}", name,
                                      name == "trigger" ? "[[trigger]]" : fmt::format("[{}]", name)));
      continue;
    }
    const Key* const key = find_key(which, name);
    if (key == nullptr) {
      return file.wrong(line_of(*node), in.empty() ? fmt::format("'{}' is not a key of a scenario", name)
                                                   : fmt::format("'{}' is not a key of {}", name, in));
    }
    if (!has_type(*node, key->type))
      return file.wrong(line_of(*node), fmt::format("{} must be a {}", name, type_name(key->type)));
  }
  for (const Key& key : schema()) {
    if (key.table == which && key.required && !table.contains(key.name)) {
      return file.wrong(std::max(1u, line_of(table)),
                        fmt::format("{} is missing{}{}", key.name, in.empty() ? "" : " in ", in));
    }
  }
  return {};
}

std::string text(const toml::table& table, std::string_view name) {
  return table[name].value_or(std::string{});
}
std::optional<std::uint64_t> number(const toml::table& table, std::string_view name) {
  const auto value = table[name].value<std::int64_t>();
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}
std::vector<std::string> texts(const toml::table& table, std::string_view name) {
  std::vector<std::string> all;
  if (const toml::array* const array = table[name].as_array()) {
    for (const toml::node& element : *array) all.push_back(*element.value<std::string>());
  }
  return all;
}

}  // namespace cmma::race
