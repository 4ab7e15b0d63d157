// A deterministic machine for tests of the race engine: its guest is a list of steps, each an instruction or
// an interruption, run as the boundary rules of cmma/race.h say.
//
// Who uses it: the unit tests of the race module.
#ifndef CMMA_TESTS_RACE_DOUBLES_HPP
#define CMMA_TESTS_RACE_DOUBLES_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cmma/race.h"
#include "host_rig.hpp"
#include "race/engine.hpp"

namespace cmma::test {

// One instruction of one CPU; `kind` 0: none of interest.
struct Step {
  std::uint64_t address = 0;
  std::uint32_t kind = 0;
  std::uint32_t detail = 0;
  std::uint64_t block = 0;
  std::uint32_t access = 0;  // CMMA_ACCESS_..., to `block`
};

// CPUs take turns, one instruction each, unless one is to run alone, or it is drawn behind an event who goes
// on. An ESSA is executed by the host.
class ScriptMachine {
 public:
  ScriptMachine(Rig& rig, std::vector<std::vector<Step>> cpus) : rig_(rig), cpus_(std::move(cpus)) {
    next_.resize(cpus_.size());
    used_.resize(cpus_.size());
  }

  [[nodiscard]] cmma_control control() {
    return {.context = this,
            .general_register =
                [](void* self, int cpu, unsigned number) {
                  return of(self).registers.at(static_cast<std::size_t>(cpu)).at(number);
                },
            .psw_address = [](void* self, int cpu) { return of(self).at(cpu).address; },
            .translate =
                [](void*, int, std::uint64_t address, std::uint64_t* absolute) {
                  if (address < 0x100000000) return 0;
                  *absolute = address - 0x100000000;
                  return 1;
                },
            .run_only = [](void* self, int cpu) { return of(self).run_only(cpu); },
            .timer =
                [](void* self, int cpu) {
                  if (static_cast<std::size_t>(cpu) >= of(self).cpus_.size()) return 0;
                  of(self).log.push_back("timer" + std::to_string(cpu));
                  return 1;
                },
            .stop =
                [](void* self, const char* line) {
                  of(self).stopped = true;
                  of(self).messages.emplace_back(line);
                },
            .monitor =
                [](void* self) {
                  if (of(self).has_gdb) of(self).log.emplace_back("gdb");
                  return of(self).has_gdb ? 1 : 0;
                },
            .message = [](void* self, const char* line) { of(self).messages.emplace_back(line); },
            .forget = [](void* self) { ++of(self).forgotten; }};
  }

  // To the end of all steps, or to a stop. What each CPU executed is in `log`, such as "0:1000".
  void run(race::Engine& engine) {
    int turn = 0;
    while (!stopped) {
      const auto cpu = choose(turn);
      if (!cpu) return;
      turn = *cpu;
      const Step step = at(turn);
      const int before = alone_;
      tell_used(engine, turn);
      const int alone = alone_;
      if (instructions_ >= engine.watch().deadline) engine.reached(turn, instructions_);
      if (alone == alone_ && cmma_race_watches(&engine.watch(), step.address) != 0)
        engine.address(turn, step.address, instructions_);
      if (stopped) return;
      if (before != alone_ && alone_ != CMMA_NOT_A_CPU && alone_ != turn) continue;  // not begun
      execute(engine, turn, step);
      turn = (turn + 1) % static_cast<int>(cpus_.size());
      if (step.kind != 0 && alone_ == CMMA_NOT_A_CPU && !draws.empty()) {
        turn = draws.front();
        draws.erase(draws.begin());
      }
    }
  }

  std::array<std::array<std::uint64_t, 16>, 8> registers{};
  std::vector<std::string> log;
  std::vector<std::string> messages;
  int forgotten = 0;
  bool stopped = false;
  bool has_gdb = false;
  std::vector<int> draws;  // who goes on behind an event, as long as there are some

 private:
  static ScriptMachine& of(void* self) { return *static_cast<ScriptMachine*>(self); }

  [[nodiscard]] bool ended(int cpu) const {
    const auto index = static_cast<std::size_t>(cpu);
    return index >= cpus_.size() || next_[index] >= cpus_[index].size();
  }
  [[nodiscard]] const Step& at(int cpu) const {
    const auto index = static_cast<std::size_t>(cpu);
    return cpus_[index].at(next_[index]);
  }
  int run_only(int cpu) {
    if (cpu != CMMA_NOT_A_CPU && ended(cpu)) return 0;
    alone_ = cpu;
    return 1;
  }

  std::optional<int> choose(int turn) {
    if (alone_ != CMMA_NOT_A_CPU && !ended(alone_)) return alone_;
    alone_ = CMMA_NOT_A_CPU;
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      const int cpu = (turn + static_cast<int>(i)) % static_cast<int>(cpus_.size());
      if (!ended(cpu)) return cpu;
    }
    return std::nullopt;
  }

  void tell_used(race::Engine& engine, int cpu) {
    auto& used = used_[static_cast<std::size_t>(cpu)];
    if (!used) return;
    const cmma_use access{.cpu = cpu,
                          .kinds = used->access,
                          .instructions = instructions_,
                          .address = used->address,
                          .block = used->block,
                          .operand = used->block << CMMA_BLOCK_SHIFT,
                          .level = 0};
    used.reset();
    engine.accessed(access);
  }

  void execute(race::Engine& engine, int cpu, const Step& step) {
    ++next_[static_cast<std::size_t>(cpu)];
    ++instructions_;
    char text[32];
    std::snprintf(text, sizeof text, "%d:%llx", cpu, static_cast<unsigned long long>(step.address));
    log.emplace_back(text);
    const auto watched = std::span(engine.watch().block).first(engine.watch().blocks);
    if (step.access != 0 && std::ranges::find(watched, step.block) != watched.end())
      used_[static_cast<std::size_t>(cpu)] = step;
    // No translation is kept: the host is asked whenever the state byte says so.
    if (step.access != 0 && (rig_.byte(step.block) & CMMA_STATE_OLD) != 0) (void)rig_.access(step.block, cpu);
    if (step.kind == 0) return;
    if (step.kind == CMMA_EVENT_ESSA) rig_.essa(step.block, step.detail, cpu);
    engine.event({.kind = step.kind,
                  .cpu = cpu,
                  .index = ++events_,
                  .instructions = instructions_,
                  .address = step.address,
                  .block = step.block,
                  .operand = 0,
                  .detail = step.detail});
  }

  Rig& rig_;
  std::vector<std::vector<Step>> cpus_;
  std::vector<std::size_t> next_;
  std::vector<std::optional<Step>> used_;  // by the last instruction of each CPU
  std::uint64_t instructions_ = 0;
  std::uint64_t events_ = 0;
  int alone_ = CMMA_NOT_A_CPU;
};

}  // namespace cmma::test
#endif
