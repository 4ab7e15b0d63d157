#include "gdb/registers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "gdb/packet.hpp"

namespace cmma::gdb {
namespace {

enum class Bank : std::uint8_t {
  psw_mask,
  psw_address,
  general,
  access,
  control,
  floating,
  floating_control,
  fixed
};

struct Register {
  std::string name;
  Bank bank;
  unsigned index;
  unsigned bits;
};

struct Feature {
  std::string_view name;
  std::string_view type;
  std::vector<Register> registers;
};

std::vector<Register> sixteen(std::string_view prefix, Bank bank, unsigned bits) {
  std::vector<Register> all;
  all.reserve(16);
  for (unsigned i = 0; i < 16; ++i) all.push_back({fmt::format("{}{}", prefix, i), bank, i, bits});
  return all;
}

std::vector<Feature> make_features() {
  std::vector<Register> core{{"pswm", Bank::psw_mask, 0, 64}, {"pswa", Bank::psw_address, 0, 64}};
  std::ranges::copy(sixteen("r", Bank::general, 64), std::back_inserter(core));
  std::vector<Register> floating{{"fpc", Bank::floating_control, 0, 32}};
  std::ranges::copy(sixteen("f", Bank::floating, 64), std::back_inserter(floating));
  return {{"org.gnu.gdb.s390.core", "uint64", std::move(core)},
          {"org.gnu.gdb.s390.acr", "uint32", sixteen("acr", Bank::access, 32)},
          {"org.gnu.gdb.s390.fpr", "ieee_double", std::move(floating)},
          {"org.gnu.gdb.s390.cr", "uint64", sixteen("cr", Bank::control, 64)},
          {"org.gnu.gdb.s390.virt",
           "uint64",
           {{"ckc", Bank::fixed, 0, 64},
            {"cputm", Bank::fixed, 1, 64},
            {"last_break", Bank::fixed, 2, 64},
            {"prefix", Bank::fixed, 3, 64}}}};
}

const std::vector<Feature>& features() {
  static const std::vector<Feature> all = make_features();
  return all;
}

// In the order of their numbers.
const std::vector<Register>& all_registers() {
  static const std::vector<Register> all = [] {
    std::vector<Register> list;
    for (const Feature& feature : features()) std::ranges::copy(feature.registers, std::back_inserter(list));
    return list;
  }();
  return all;
}

std::uint64_t read(const cmma_gdb_registers& from, const Register& which) {
  switch (which.bank) {
    case Bank::psw_mask:
      return from.psw_mask;
    case Bank::psw_address:
      return from.psw_address;
    case Bank::general:
      return from.general[which.index];
    case Bank::access:
      return from.access[which.index];
    case Bank::control:
      return from.control[which.index];
    case Bank::floating:
      return from.floating[which.index];
    case Bank::floating_control:
      return from.floating_control;
    case Bank::fixed:
      break;
  }
  return std::array{from.clock_comparator, from.cpu_timer, from.last_break, from.prefix}.at(which.index);
}

bool write(cmma_gdb_registers& to, const Register& which, std::uint64_t value) {
  switch (which.bank) {
    case Bank::psw_mask:
      to.psw_mask = value;
      break;
    case Bank::psw_address:
      to.psw_address = value;
      break;
    case Bank::general:
      to.general[which.index] = value;
      break;
    case Bank::access:
      to.access[which.index] = static_cast<std::uint32_t>(value);
      break;
    case Bank::control:
      to.control[which.index] = value;
      break;
    case Bank::floating:
      to.floating[which.index] = value;
      break;
    case Bank::floating_control:
      to.floating_control = static_cast<std::uint32_t>(value);
      break;
    case Bank::fixed:
      return false;
  }
  return true;
}

}  // namespace

unsigned register_count() { return static_cast<unsigned>(all_registers().size()); }

std::size_t register_digits(unsigned number) {
  return number < register_count() ? all_registers()[number].bits / 4 : 0;
}

std::string get_register(const cmma_gdb_registers& registers, unsigned number) {
  if (number >= register_count()) return {};
  const Register& which = all_registers()[number];
  return fmt::format("{:0{}x}", read(registers, which), which.bits / 4);
}

bool set_register(cmma_gdb_registers& registers, unsigned number, std::string_view digits) {
  if (digits.size() != register_digits(number)) return false;
  const auto value = whole_number(digits);
  return value && write(registers, all_registers()[number], *value);
}

std::string get_registers(const cmma_gdb_registers& registers) {
  std::string all;
  for (unsigned number = 0; number < register_count(); ++number) all += get_register(registers, number);
  return all;
}

// gdb sends all of them back, also those that cannot be set.
bool set_registers(cmma_gdb_registers& registers, std::string_view digits) {
  cmma_gdb_registers changed = registers;
  for (unsigned number = 0; number < register_count(); ++number) {
    const std::size_t length = register_digits(number);
    const auto value = whole_number(digits.substr(0, length));
    if (digits.size() < length || !value) return false;
    static_cast<void>(write(changed, all_registers()[number], *value));
    digits.remove_prefix(length);
  }
  if (!digits.empty()) return false;
  registers = changed;
  return true;
}

const std::string& target_description() {
  static const std::string document = [] {
    std::string text =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
        "<target version=\"1.0\">\n<architecture>s390:64-bit</architecture>\n";
    for (const Feature& feature : features()) {
      text += fmt::format("<feature name=\"{}\">\n", feature.name);
      for (const Register& one : feature.registers) {
        const std::string_view type = one.bank == Bank::floating_control ? "uint32" : feature.type;
        text += fmt::format("<reg name=\"{}\" bitsize=\"{}\" type=\"{}\"/>\n", one.name, one.bits, type);
      }
      text += "</feature>\n";
    }
    return text + "</target>\n";
  }();
  return document;
}

}  // namespace cmma::gdb
