// The tables of a scenario's file, which is TOML: whether they are what the schema says, and what their keys
// say.
//
// Who may use it: what reads scenarios. Invariants:
//   T1  The accessors are asked for tables that check_table() has found good: they cannot fail.
//   T2  Of several mistakes the first in the file is the error.
#ifndef CMMA_RACE_SCENARIO_TABLES_HPP
#define CMMA_RACE_SCENARIO_TABLES_HPP

#define TOML_EXCEPTIONS 0  // an error is a value here
#include <toml++/toml.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "race/schema.hpp"

namespace cmma::race {

// The error is one line: "file:line: reason".
using Done = std::expected<void, std::string>;

// The file that is read, for messages.
struct ScenarioFile {
  std::string_view name;
  [[nodiscard]] std::unexpected<std::string> wrong(unsigned line, std::string_view reason) const;
};

[[nodiscard]] unsigned line_of(const toml::node& node);

// All keys are in the schema and have its types, and those that are required are there.
[[nodiscard]] Done check_table(const ScenarioFile& file, const toml::table& table, Table which);

// Empty if there is no such key.
[[nodiscard]] std::string text(const toml::table& table, std::string_view name);
[[nodiscard]] std::optional<std::uint64_t> number(const toml::table& table, std::string_view name);
[[nodiscard]] std::vector<std::string> texts(const toml::table& table, std::string_view name);

}  // namespace cmma::race
#endif
