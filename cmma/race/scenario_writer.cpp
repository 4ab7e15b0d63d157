// Writes a scenario as the reader takes it (S3), and single triggers in words.
#include <fmt/format.h>

#include "race/kinds.hpp"
#include "race/scenario.hpp"

namespace cmma::race {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Writer {
 public:
  void raw(std::string_view line) { out_ += line; }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) out_ += fmt::format("{} = {}\n", key, in_quotes(value));
  }
  void number(std::string_view key, std::uint64_t value) { out_ += fmt::format("{} = {}\n", key, value); }
  void address(std::string_view key, std::uint64_t value) { out_ += fmt::format("{} = {:#x}\n", key, value); }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out_ += fmt::format("{} = [", key);
    for (std::size_t i = 0; i < values.size(); ++i)
      out_ += fmt::format("{}{}", i == 0 ? "" : ", ", in_quotes(values[i]));
    out_ += "]\n";
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string block_in_words(const BlockChoice& choice) {
  return std::visit(Overloaded{[](std::uint64_t address) { return fmt::format("{:#x}", address); },
                               [](LastEssa) { return std::string{"last-essa"}; },
                               [](EventBlock) { return std::string{"event"}; },
                               [](AnyVolatile) { return std::string{"any volatile"}; },
                               [](InRegister choice_) {
                                 return fmt::format("{}register {}", choice_.page ? "page in " : "",
                                                    choice_.number);
                               }},
                    choice);
}

// "load" or "store"; empty for both.
std::string_view access_kind(const AtAccess& at) {
  if (at.kinds == CMMA_ACCESS_LOAD) return "load";
  return at.kinds == CMMA_ACCESS_STORE ? "store" : "";
}

std::string access_in_words(const AtAccess& at) {
  const std::string_view kind = access_kind(at);
  const std::string_view words = kind.empty()     ? "an access to"
                                 : kind == "load" ? "a load from"
                                                  : "a store into";
  return fmt::format(" at {} {:#x}", words, at.address);
}

void write_place(Writer& out, const Place& place) {
  std::visit(Overloaded{[&](const AtAddress& at) {
                          if (const auto* const address = std::get_if<std::uint64_t>(&at.where)) {
                            out.address("at", *address);
                          } else {
                            out.text("at", std::get<std::string>(at.where));
                          }
                        },
                        [&](const AtEvent& at) {
                          const Kind* const kind = kind_of(at.kind);
                          out.text("event", kind == nullptr ? "any" : kind->name);
                          if (at.detail)
                            out.number(at.kind == CMMA_EVENT_ESSA ? "orc" : "detail", *at.detail);
                          if (at.operand) out.address("operand", *at.operand);
                        },
                        [&](const AtAccess& at) {
                          out.address("access", at.address);
                          out.text("kind", access_kind(at));
                        },
                        [&](const AtPoint& at) {
                          out.number("instructions", at.instructions);
                          if (at.after_event) out.number("after-event", *at.after_event);
                          if (at.drawn) out.raw("drawn = true\n");
                        }},
             place);
}

void write_trigger(Writer& out, const Trigger& trigger) {
  out.raw("\n[[trigger]]\n");
  out.text("name", trigger.name);
  out.text("after", trigger.after);
  write_place(out, trigger.place);
  if (trigger.cpu) out.number("cpu", static_cast<unsigned>(*trigger.cpu));
  if (trigger.nth != 1) out.number("nth", trigger.nth);
  if (trigger.count != 1) out.number("count", trigger.count);
  out.text("action", action_name(trigger.action));
  if (trigger.block) {
    if (const auto* const address = std::get_if<std::uint64_t>(&*trigger.block)) {
      out.address("block", *address);
    } else {
      out.text("block", block_in_words(*trigger.block));
    }
  }
  if (trigger.to) out.number("to", static_cast<unsigned>(*trigger.to));
  if (trigger.until) out.text("until", *trigger.until);
  if (trigger.stay != 0) out.number("stay", trigger.stay);
  out.text("text", trigger.text);
}

}  // namespace

std::string write_scenario(const Scenario& scenario) {
  Writer out;
  out.raw(fmt::format("name = {}\n", in_quotes(scenario.name)));
  out.text("race", scenario.race);
  out.raw(fmt::format("summary = {}\n", in_quotes(scenario.summary)));
  out.text("expect", scenario.expect);
  out.text("found", scenario.found);
  out.text("uses", scenario.uses);
  out.number("seed", scenario.seed);

  const Boot& boot = scenario.boot;
  out.raw("\n[boot]\n");
  out.text("kernel", boot.kernel);
  out.text("initrd", boot.initrd);
  out.texts("overlay", boot.overlays);
  out.text("append", boot.append);
  out.text("memory", boot.memory);
  out.text("frames", boot.frames);
  out.number("cpus", boot.cpus);
  out.texts("disk", boot.disks);
  out.text("policy", boot.policy);
  if (boot.run) out.raw(fmt::format("run = {}\n", in_quotes(*boot.run)));
  if (boot.timeout != 0) out.raw(fmt::format("timeout = {:#}\n", boot.timeout));
  if (boot.limit) out.raw(fmt::format("limit = {:#}\n", *boot.limit));
  out.texts("options", boot.options);

  const Guest& guest = scenario.guest;
  out.raw("\n[guest]\n");
  out.text("vmlinux", guest.vmlinux);
  if (guest.base) out.address("base", *guest.base);
  if (guest.struct_page != 0) out.number("struct-page", guest.struct_page);

  for (const Trigger& trigger : scenario.triggers) write_trigger(out, trigger);
  return out.take();
}

std::string describe(const Trigger& trigger) {
  std::string out{action_name(trigger.action)};
  if (trigger.block) out += fmt::format(" {}", block_in_words(*trigger.block));
  if (trigger.to) out += fmt::format(" to cpu{}", *trigger.to);
  if (trigger.until) out += fmt::format(" until {}", *trigger.until);
  if (trigger.stay != 0) out += fmt::format(" for {} events", trigger.stay);
  out += std::visit(Overloaded{[](const AtAddress& at) {
                                 const auto* const address = std::get_if<std::uint64_t>(&at.where);
                                 return address == nullptr ? " at " + std::get<std::string>(at.where)
                                                           : fmt::format(" at {:#x}", *address);
                               },
                               [](const AtEvent& at) {
                                 const Kind* const kind = kind_of(at.kind);
                                 std::string text =
                                     fmt::format(" at event {}", kind == nullptr ? "any" : kind->name);
                                 if (at.detail) text += fmt::format(" {}", *at.detail);
                                 if (at.operand) text += fmt::format(" on {:#x}", *at.operand);
                                 return text;
                               },
                               [](const AtAccess& at) { return access_in_words(at); },
                               [](const AtPoint& at) {
                                 std::string text = fmt::format(" at instruction {}", at.instructions);
                                 if (at.after_event)
                                   text += fmt::format(", behind event {}", *at.after_event);
                                 if (at.drawn) text += ", before the next instruction";
                                 return text;
                               }},
                    trigger.place);
  if (trigger.cpu) out += fmt::format(" of cpu{}", *trigger.cpu);
  if (trigger.nth != 1) out += fmt::format(", time {}", trigger.nth);
  if (trigger.count == 0) out += ", always";
  if (trigger.count > 1) out += fmt::format(", {} times", trigger.count);
  if (!trigger.after.empty()) out += fmt::format(", after {}", trigger.after);
  return out;
}

}  // namespace cmma::race
