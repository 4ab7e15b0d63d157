// A machine for the tests of the gdb server: two CPUs, a megabyte of storage, and a block that is discarded.
#ifndef CMMA_TESTS_GDB_MACHINE_HPP
#define CMMA_TESTS_GDB_MACHINE_HPP

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "cmma/gdb.h"

struct GdbMachine {
  static constexpr std::uint64_t discarded = 0x40000;

  std::vector<std::uint8_t> storage = std::vector<std::uint8_t>(1 << 20);
  std::array<cmma_gdb_registers, 2> registers{};
  std::atomic<bool> ending = false;
  std::atomic<int> interrupts = 0;
  bool killed = false;
  bool refuses = false;
  std::string commands;
  std::uint64_t stop_at = 0;
  bool is_deterministic = true;
  std::string messages;
  cmma_gdb_machine table{};

  GdbMachine() {
    table.context = this;
    table.cpus = [](void*) -> std::uint64_t { return 3; };
    table.state = [](void*, int cpu) { return cpu == 0 ? CMMA_GDB_RUNNING : CMMA_GDB_WAITING; };
    table.get_registers = [](void* context, int cpu, cmma_gdb_registers* to) {
      *to = of(context).registers.at(static_cast<std::size_t>(cpu));
    };
    table.set_registers = [](void* context, int cpu, const cmma_gdb_registers* from) {
      if (of(context).refuses) return 1;
      of(context).registers.at(static_cast<std::size_t>(cpu)) = *from;
      return 0;
    };
    table.peek = [](void* context, std::uint64_t address, void* to, std::size_t length) {
      const auto result = of(context).check(address, length);
      if (result == CMMA_DONE) std::memcpy(to, of(context).storage.data() + address, length);
      return result;
    };
    table.poke = [](void* context, std::uint64_t address, const void* from, std::size_t length) {
      const auto result = of(context).check(address, length);
      if (result == CMMA_DONE) std::memcpy(of(context).storage.data() + address, from, length);
      return result;
    };
    table.instructions = [](void*) -> std::uint64_t { return 1000; };
    table.stop_at = [](void* context, std::uint64_t instructions) {
      of(context).stop_at = instructions;
      return of(context).is_deterministic ? 0 : -1;
    };
    table.command = [](void* context, const char* command, void (*print)(void*, const char*), void* to) {
      of(context).commands += std::string{command} + ";";
      print(to, "an answer");
      return 0;
    };
    table.interrupt = [](void* context) { of(context).interrupts += 1; };
    table.ending = [](void* context) { return of(context).ending ? 1 : 0; };
    table.kill = [](void* context) { of(context).killed = true; };
    table.message = [](void* context, const char* line) { of(context).messages += std::string{line} + "\n"; };
  }

  static GdbMachine& of(void* context) { return *static_cast<GdbMachine*>(context); }

  [[nodiscard]] cmma_result check(std::uint64_t address, std::size_t length) const {
    if (address >= storage.size() || length > storage.size() - address) return CMMA_ADDRESSING;
    return address >> CMMA_BLOCK_SHIFT == discarded >> CMMA_BLOCK_SHIFT ? CMMA_DISCARDED : CMMA_DONE;
  }

  void store(std::uint64_t address, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i)
      storage.at(address + i) = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  }
};

#endif
