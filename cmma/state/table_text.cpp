// The tables of transitions.hpp rendered as text and as Markdown, from the data that the host obeys.
#include <algorithm>
#include <utility>
#include <vector>

#include "state/transitions.hpp"

namespace cmma::state {
namespace {

struct Table {
  std::string title;
  std::string note;
  std::vector<std::vector<std::string>> rows;  // the first is the heading
};

std::string name_of(Pair pair) { return std::string{pair_name(byte_of(pair))}; }

std::string with_effect(Pair next, std::string_view effect) {
  std::string text = name_of(next);
  if (!effect.empty()) {
    text += " (";
    text += effect;
    text += ")";
  }
  return text;
}

std::string cell(const Rule& rule, NoDat nodat) {
  const std::string mark = nodat == NoDat::set ? "+N" : "";
  const auto step = [&](const Step& s) {
    return name_of(s.next) + mark + with_effect(s.next, effect_name(s.effect)).substr(2);
  };
  if (rule.clean == rule.changed) return step(rule.clean);
  return "clean: " + step(rule.clean) + "; changed: " + step(rule.changed);
}

Table meaning_table() {
  struct Meaning {
    Pair pair;
    const char* guest;
    const char* where;
  };
  static constexpr std::array<Meaning, pair_count> meanings{{
      {Pair::Sr, "stable: the content must be kept", "in a frame"},
      {Pair::Sp, "stable", "on the paging store"},
      {Pair::Sz, "stable", "nowhere: it is all zeros"},
      {Pair::Ur, "unused: the content is worth nothing", "in a frame"},
      {Pair::Uz, "unused", "nowhere"},
      {Pair::Vr, "volatile: may be lost, and the guest then wants to know", "in a frame"},
      {Pair::Vz, "volatile", "lost: the block is *discarded*"},
      {Pair::Pr, "potentially volatile: stable if changed, otherwise volatile", "in a frame"},
  }};
  Table table{
      .title = "The states",
      .note =
          "The other four pairs (Up, Vp, Pp, Pz) do not occur. R1 is what ESSA reports; 0x20 is added "
          "for a block marked no-DAT.",
      .rows = {{"State", "R1", "What the guest has said", "Where the content is"}}};
  for (const Meaning& meaning : meanings) {
    static constexpr std::string_view digits = "0123456789abcdef";
    const std::string value = std::string{"0x0"} + digits.at(byte_of(meaning.pair));
    table.rows.push_back({name_of(meaning.pair), value, meaning.guest, meaning.where});
  }
  return table;
}

Table request_table() {
  Table table{.title = "Operation request codes",
              .note = "Codes 8 to 15, and 7 without facility 147, are specification exceptions (A5, A19).",
              .rows = {{"ORC", "Name", "No-DAT mark"}}};
  static constexpr std::array<const char*, 3> nodat{"kept", "cleared", "set"};
  for (unsigned orc = 0; orc < orc_count; ++orc) {
    table.rows.push_back({std::to_string(orc), std::string{orc_name(orc)},
                          nodat.at(static_cast<std::size_t>(essa_nodat.at(orc)))});
  }
  return table;
}

Table essa_table() {
  Table table{.title = "What ESSA does",
              .note =
                  "The next state, by state and ORC; in brackets the work that goes with it. +N: the no-DAT "
                  "mark is set. ORC 6 on Uz can be read as Sz (A9).",
              .rows = {{"From"}}};
  for (unsigned orc = 0; orc < orc_count; ++orc) table.rows.front().push_back(std::to_string(orc));
  for (std::size_t row = 0; row < pair_count; ++row) {
    std::vector<std::string> cells{name_of(all_pairs.at(row))};
    for (unsigned orc = 0; orc < orc_count; ++orc) {
      cells.push_back(cell(essa_rules.at(row).at(orc), essa_nodat.at(orc)));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string cell(const AccessRule& rule) {
  if (rule.access == Access::discard_fault || rule.access == Access::unused) {
    return std::string{access_name(rule.access)};
  }
  return with_effect(rule.next, rule.access == Access::go_on ? "" : access_name(rule.access));
}

Table access_table() {
  Table table{
      .title = "What an access does",
      .note =
          "\"unused\" is an addressing exception of a CPU, \"discard fault\" program interruption 001A (A7); "
          "a channel program gets neither, it is refused. An unused block can also be served (A6), "
          "and so can a channel program (A15).",
      .rows = {{"From", "CPU", "CPU, unused served", "Channel", "Channel, served"}}};
  for (std::size_t row = 0; row < pair_count; ++row) {
    const AccessRow& rules = access_rules.at(row);
    table.rows.push_back({name_of(all_pairs.at(row)), cell(rules.by_cpu), cell(rules.by_cpu_served),
                          cell(rules.by_channel), cell(rules.by_channel_served)});
  }
  return table;
}

std::string cell(const std::optional<HostStep>& step) {
  return step ? with_effect(step->next, host_action_name(step->action)) : "nothing";
}

Table host_table() {
  Table table{.title = "What the host may do unasked",
              .note = "By the change bit of the block's storage key (A20).",
              .rows = {{"From", "Clean", "Changed"}}};
  for (std::size_t row = 0; row < pair_count; ++row) {
    table.rows.push_back(
        {name_of(all_pairs.at(row)), cell(host_rules.at(row).clean), cell(host_rules.at(row).changed)});
  }
  return table;
}

std::vector<Table> all_tables() {
  return {meaning_table(), request_table(), essa_table(), access_table(), host_table()};
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths(table.rows.front().size());
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths.at(i) = std::max(widths.at(i), row.at(i).size());
  }
  return widths;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - text.size(), ' ');
}

}  // namespace

std::string tables_as_text() {
  std::string text;
  for (const Table& table : all_tables()) {
    if (!text.empty()) text += '\n';
    text += table.title + "\n" + table.note + "\n\n";
    const std::vector<std::size_t> widths = widths_of(table);
    for (const auto& row : table.rows) {
      std::string line = " ";
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += ' ';
        line += padded(row.at(i), widths.at(i));
        line += ' ';
      }
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
  }
  return text;
}

std::string tables_as_markdown() {
  std::string text =
      "# The block states\n\n"
      "Generated by `cmma states --markdown` from the tables in `cmma/state/transitions.cpp`. "
      "The numbers A... are those of [assumptions.md](assumptions.md).\n";
  for (const Table& table : all_tables()) {
    text += "\n## " + table.title + "\n\n" + table.note + "\n\n";
    const std::vector<std::size_t> widths = widths_of(table);
    bool heading = true;
    for (const auto& row : table.rows) {
      text += "|";
      for (std::size_t i = 0; i < row.size(); ++i) {
        text += ' ';
        text += padded(row.at(i), widths.at(i));
        text += " |";
      }
      text += "\n";
      if (!heading) continue;
      heading = false;
      text += "|";
      for (const std::size_t width : widths) text += std::string(width + 2, '-') + "|";
      text += "\n";
    }
  }
  return text;
}

}  // namespace cmma::state
