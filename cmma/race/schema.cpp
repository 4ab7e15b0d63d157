#include "race/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "race/kinds.hpp"

namespace cmma::race {
namespace {

using enum Table;
using enum Type;

constexpr std::array keys{
    Key{top, "name", text, true, "What the scenario is called"},
    Key{top, "race", text, false, "Number of the race in races.md, such as R1"},
    Key{top, "summary", text, true, "One line: who races with whom"},
    Key{top, "expect", text, false, "The failure signature of a hit (`cmma race signature FILE` prints one)"},
    Key{top, "found", text, false, "In a schedule: what the machine itself found wrong in that run"},
    Key{top, "uses", text, false,
        "A file to be written: when the run uses blocks that could be discarded (explorations)"},
    Key{top, "seed", number, false, "Seed of the interleaving; 1 if not given"},

    Key{boot, "kernel", text, false, "As the options of `cmma boot` of the same name, from here on"},
    Key{boot, "initrd", text, false, ""},
    Key{boot, "overlay", texts, false, "May be repeated, so it is a list"},
    Key{boot, "append", text, false, ""},
    Key{boot, "memory", text, false, ""},
    Key{boot, "frames", text, false, ""},
    Key{boot, "cpus", number, false, ""},
    Key{boot, "disk", texts, false, ""},
    Key{boot, "policy", text, false, "`none` if not given: only the scenario takes blocks away"},
    Key{boot, "run", text, false, ""},
    Key{boot, "timeout", seconds, false, ""},
    Key{boot, "limit", seconds, false,
        "Of the guest's own time, from the boot or from the window on: then it hangs. 30 if not given, 0 for "
        "none"},
    Key{boot, "options", texts, false, "Any other arguments of `cmma boot`"},

    Key{guest, "vmlinux", text, false, "Where symbols come from; needed if a trigger names one"},
    Key{guest, "base", number, false, "Added to the addresses in vmlinux; found out if not given"},
    Key{guest, "struct-page", number, false,
        "Size of a struct page; 64 if not given and vmlinux has no DWARF"},

    Key{trigger, "name", text, false, "For `after`"},
    Key{trigger, "after", text, false, "Not before the trigger of this name has fired"},
    Key{trigger, "at", place, false,
        R"(An instruction, before it is executed: an address, "symbol", "symbol+0x1c", "file.c:symbol", "file.c:123")"},
    Key{trigger, "event", text, false, "Behind an interesting event: one of the names below, or \"any\""},
    Key{trigger, "access", number, false,
        "Behind an instruction with an operand in the block of this absolute address"},
    Key{trigger, "kind", text, false, R"(With `access`: only a "load", or only a "store")"},
    Key{trigger, "instructions", number, false,
        "In a schedule: when all CPUs together have completed so many instructions"},
    Key{trigger, "after-event", number, false, "With `instructions`: and this event was the last one"},
    Key{trigger, "drawn", flag, false,
        "With `instructions`: true if it is not right behind that event, but when the CPU, drawn to go on, "
        "is "
        "about to execute"},
    Key{trigger, "orc", number, false, "With event \"essa\": only this request"},
    Key{trigger, "detail", number, false, "With other events: only with this detail"},
    Key{trigger, "operand", number, false,
        "With an event that has a block: only if it is the one of this absolute address"},
    Key{trigger, "cpu", number, false, "Only on this CPU"},
    Key{trigger, "nth", number, false, "Fires when its place is reached for the nth time; 1 if not given"},
    Key{trigger, "count", number, false, "Fires so many times from then on; 1 if not given, 0 for always"},
    Key{trigger, "action", text, true,
        "`discard`, `page-out`, `page-in`, `drop`: on `block`. `switch`: only CPU `to` runs. `release`: ends "
        "that. "
        "`timer`: an interruption for CPU `to`. `stop` the machine. `print` where the guest is. "
        "`monitor`: gdb takes over there"},
    Key{trigger, "block", place, false,
        "An absolute address; \"last-essa\", the last operand of ESSA on this CPU; \"event\", the block of "
        "the event; \"any volatile\", one with a frame that is volatile or potentially volatile, drawn from "
        "the "
        "seed and the number of the event; \"register 2\", that of the address there; \"page in register "
        "2\", that of the struct page "
        "there"},
    Key{trigger, "to", number, false, "A CPU; of a timer: that of the trigger if not given"},
    Key{trigger, "until", text, false, "Of a switch: until that CPU is about to execute this, as for `at`"},
    Key{trigger, "stay", number, false, "Of a switch: until that CPU has had so many events"},
    Key{trigger, "text", text, false, "Of `print`, `stop` and `monitor`: said too"},
};

}  // namespace

std::span<const Key> schema() { return keys; }

const Key* find_key(Table table, std::string_view name) {
  const auto* const found =
      std::ranges::find_if(keys, [&](const Key& key) { return key.table == table && key.name == name; });
  return found == keys.end() ? nullptr : found;
}

std::string_view table_name(Table table) {
  switch (table) {
    case top:
      return "";
    case boot:
      return "[boot]";
    case guest:
      return "[guest]";
    case trigger:
      return "[[trigger]]";
  }
  return "";
}

std::string_view type_name(Type type) {
  switch (type) {
    case text:
      return "text";
    case number:
      return "number";
    case seconds:
      return "seconds";
    case texts:
      return "list of texts";
    case place:
      return "number or text";
    case flag:
      return "truth value";
  }
  return "";
}

std::string schema_as_markdown() {
  std::string out;
  for (const Table table : {top, boot, guest, trigger}) {
    const std::string_view name = table_name(table);
    out += name.empty() ? std::string{"### At the top\n\n"} : fmt::format("\n### `{}`\n\n", name);
    out += "| Key | Value | Meaning |\n|---|---|---|\n";
    for (const Key& key : keys) {
      if (key.table != table) continue;
      out += fmt::format("| `{}` | {}{} | {} |\n", key.name, type_name(key.type),
                         key.required ? ", required" : "", key.meaning);
    }
  }
  out += "\n### Events\n\n| Name | Meaning | Has a block |\n|---|---|---|\n";
  for (const Kind& kind : kinds())
    out += fmt::format("| `{}` | {} | {} |\n", kind.name, kind.meaning, kind.has_block ? "yes" : "");
  return out;
}

}  // namespace cmma::race
