// The keys of a scenario: the only statement of what there is. The reader checks against it,
// docs/scenarios.md has it as tables (a unit test compares).
//
// Who may use it: the reader, the command line, tests.
#ifndef CMMA_RACE_SCHEMA_HPP
#define CMMA_RACE_SCHEMA_HPP

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cmma::race {

enum class Table : std::uint8_t { top, boot, guest, trigger };

enum class Type : std::uint8_t {
  text,
  number,   // not negative
  seconds,  // a number, also with a fraction
  texts,    // a list
  place,    // a number or a text
  flag,     // a truth value
};

struct Key {
  Table table;
  std::string_view name;
  Type type;
  bool required;
  std::string_view meaning;
};

[[nodiscard]] std::span<const Key> schema();
[[nodiscard]] const Key* find_key(Table table, std::string_view name);
[[nodiscard]] std::string_view table_name(Table table);  // "[boot]", "[[trigger]]"; empty for the top
[[nodiscard]] std::string_view type_name(Type type);
[[nodiscard]] std::string schema_as_markdown();

}  // namespace cmma::race
#endif
