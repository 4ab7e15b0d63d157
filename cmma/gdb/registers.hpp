// The registers as gdb numbers and describes them: the target description, and values in the protocol's form
// (hexadecimal, most significant byte first).
//
// Used by the session. The names and features are gdb's for s390: `core`, `acr`, `fpr`; `cr` and `virt` are
// those that other emulators use for what a debugger of kernels needs besides.
#ifndef CMMA_GDB_REGISTERS_HPP
#define CMMA_GDB_REGISTERS_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cmma/gdb.h"

namespace cmma::gdb {

inline constexpr unsigned psw_mask_number = 0;
inline constexpr unsigned psw_address_number = 1;

[[nodiscard]] unsigned register_count();
// In hexadecimal digits; 0 for a number that no register has.
[[nodiscard]] std::size_t register_digits(unsigned number);
[[nodiscard]] std::string get_register(const cmma_gdb_registers& registers, unsigned number);
// False: there is no such register, it cannot be set, or the digits are not a value of it.
[[nodiscard]] bool set_register(cmma_gdb_registers& registers, unsigned number, std::string_view digits);

// All of them one after the other, as in the packets `g` and `G`.
[[nodiscard]] std::string get_registers(const cmma_gdb_registers& registers);
[[nodiscard]] bool set_registers(cmma_gdb_registers& registers, std::string_view digits);

// The document that gdb reads as target.xml.
[[nodiscard]] const std::string& target_description();

}  // namespace cmma::gdb
#endif
