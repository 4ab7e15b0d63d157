// A race engine with a machine of steps, and two blocks that have content: one run of a scenario's triggers.
//
// Who uses it: the unit tests of the race engine.
#ifndef CMMA_TESTS_RACE_ENGINE_FIXTURE_HPP
#define CMMA_TESTS_RACE_ENGINE_FIXTURE_HPP

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "race_doubles.hpp"

namespace cmma::test {

inline constexpr std::uint32_t essa = CMMA_EVENT_ESSA;

// Two CPUs: 0 makes block 5 volatile, then stable; 1 works between.
inline std::vector<std::vector<Step>> two_cpus() {
  return {{{0x1000}, {0x1004, essa, 3, 5}, {0x1008}, {0x100c, essa, 1, 5}, {0x1010}},
          {{0x2000}, {0x2004, CMMA_EVENT_SWAP, 0xba, 9}, {0x2008}, {0x200c, CMMA_EVENT_SIGP, 5}, {0x2010}}};
}

class RaceEngine : public testing::Test {
 protected:
  // One run of these triggers (TOML) over the steps.
  void run(const std::string& triggers, std::vector<std::vector<Step>> steps = two_cpus()) {
    engine.reset();
    rig = std::make_unique<Rig>(options);
    for (const std::uint64_t block : {5u, 6u}) rig->store(block, 0x5a);
    if (prepare) prepare();
    machine = std::make_unique<ScriptMachine>(*rig, std::move(steps));
    machine->registers = registers;
    machine->has_gdb = has_gdb;
    machine->draws = draws;
    const auto scenario = race::parse_scenario(
        "name = \"t\"\nsummary = \"s\"\n[guest]\nvmlinux = \"none\"\n" + triggers, "t.toml");
    ASSERT_TRUE(scenario) << scenario.error();
    auto opened = race::Engine::open(
        *scenario,
        std::make_unique<race::Symbols>(
            std::vector<race::Symbol>{{.name = "work", .linked = 0x1000, .size = 0x20, .file = ""},
                                      {.name = "other", .linked = 0x2000, .size = 0x20, .file = ""},
                                      {.name = "vmemmap", .linked = 0x100006000, .size = 8, .file = ""}},
            0, nullptr),
        **rig, machine->control());
    ASSERT_TRUE(opened) << opened.error();
    engine = std::move(*opened);
    machine->run(*engine);
    rig->host->check_invariants();
  }
  [[nodiscard]] const std::vector<std::string>& log() const { return machine->log; }

  std::string options = "seed=1,policy=none";
  std::function<void()> prepare;
  bool has_gdb = false;
  std::vector<int> draws;
  std::array<std::array<std::uint64_t, 16>, 8> registers{};
  std::unique_ptr<Rig> rig;
  std::unique_ptr<ScriptMachine> machine;
  std::unique_ptr<race::Engine> engine;
};

// Without triggers.
inline const std::vector<std::string> alternating{"0:1000", "1:2000", "0:1004", "1:2004", "0:1008",
                                                  "1:2008", "0:100c", "1:200c", "0:1010", "1:2010"};

}  // namespace cmma::test
#endif
