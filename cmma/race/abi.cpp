// The C ABI of the engine: checks what a C caller can get wrong, and lets no exception out (as host/abi.cpp).
#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cmma/race.h"
#include "host/abi.hpp"
#include "race/engine.hpp"

using cmma::race::Engine;
using cmma::race::Symbols;

struct cmma_race {
  std::unique_ptr<Engine> engine;
  cmma_control control;
  std::string schedule;
  std::string interleaving;
};

namespace {

using Opened = std::expected<std::unique_ptr<Engine>, std::string>;

void report(std::string_view line, char* error, std::size_t error_size) {
  if (error == nullptr || error_size == 0) return;
  const std::size_t length = line.copy(error, error_size - 1);
  error[length] = '\0';
}

bool is_complete(const cmma_control& control) {
  return control.general_register != nullptr && control.psw_address != nullptr &&
         control.translate != nullptr && control.run_only != nullptr && control.timer != nullptr &&
         control.stop != nullptr && control.monitor != nullptr && control.message != nullptr &&
         control.forget != nullptr;
}

Opened open_engine(cmma::host::Host& host, const cmma_control& control) {
  const cmma::host::Options& options = host.options();
  auto scenario = cmma::race::read_scenario(options.race);
  if (!scenario) return std::unexpected(std::move(scenario.error()));
  if (!options.symbols.empty()) scenario->guest.vmlinux = options.symbols;
  std::unique_ptr<Symbols> symbols;
  if (!scenario->guest.vmlinux.empty()) {
    auto opened = Symbols::open(scenario->guest.vmlinux, scenario->guest.base);
    if (!opened) return std::unexpected(std::move(opened.error()));
    symbols = std::make_unique<Symbols>(std::move(*opened));
  }
  return Engine::open(std::move(*scenario), std::move(symbols), host, control);
}

void write(const std::string& file, const std::string& text, const cmma_control& control) {
  if (file.empty()) return;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) control.message(control.context, fmt::format("race: {} cannot be written", file).c_str());
}

// No exception leaves `body`: the runtime ends the process and says what was thrown.
template <typename Body>
auto enclose(Body body) noexcept {
  return body();
}

}  // namespace

extern "C" {

cmma_race* cmma_race_open(cmma_host* host, const struct cmma_control* control, char* error,
                          std::size_t error_size) {
  report("", error, error_size);
  if (host->host->options().race.empty()) return nullptr;
  if (control == nullptr || !is_complete(*control)) {
    report("the control table is not complete", error, error_size);
    return nullptr;
  }
  try {
    auto engine = open_engine(*host->host, *control);
    if (!engine) {
      report(engine.error(), error, error_size);
      return nullptr;
    }
    return new cmma_race{.engine = std::move(*engine),
                         .control = *control,
                         .schedule = host->host->options().schedule,
                         .interleaving = host->host->options().interleaving};
  } catch (const std::exception& exception) {
    report(exception.what(), error, error_size);
    return nullptr;
  }
}

int cmma_race_plan(cmma_race* race, const char* text, const char* schedule, char* error,
                   std::size_t error_size) {
  return enclose([&] {
    auto scenario = cmma::race::parse_scenario(text == nullptr ? "" : text, "plan");
    std::expected<void, std::string> planned;
    if (!scenario) {
      planned = std::unexpected(scenario.error());
    } else {
      planned = race->engine->plan(std::move(*scenario));
    }
    if (!planned) {
      report(planned.error(), error, error_size);
      return 1;
    }
    race->schedule = schedule == nullptr ? "" : schedule;
    race->interleaving.clear();
    race->engine->note_pages();
    return 0;
  });
}

void cmma_race_close(cmma_race* race, cmma_race_ending ending) {
  if (race == nullptr) return;
  enclose([&] {
    race->engine->finish();
    if (ending != CMMA_RACE_FAILED) race->engine->check_pages(ending == CMMA_RACE_STOPPED);
    for (const std::string& line : race->engine->summary())
      race->control.message(race->control.context, line.c_str());
    write(race->schedule, cmma::race::write_scenario(race->engine->schedule()), race->control);
    write(race->engine->uses_file(), race->engine->uses(), race->control);
    write(race->interleaving, race->engine->interleaving(), race->control);
    delete race;
  });
}

void cmma_race_name(const cmma_race* race, std::uint64_t address, char* name, std::size_t size) {
  enclose([&] {
    const std::string text = race->engine->name_of(address);
    report(text.empty() ? text : text + " ", name, size);
  });
}

const struct cmma_watch* cmma_race_watch(const cmma_race* race) { return &race->engine->watch(); }

void cmma_race_event(cmma_race* race, const struct cmma_event* event) {
  enclose([&] { race->engine->event(*event); });
}

void cmma_race_accessed(cmma_race* race, const struct cmma_use* access) {
  enclose([&] { race->engine->accessed(*access); });
}

void cmma_race_address(cmma_race* race, int cpu, std::uint64_t address, std::uint64_t instructions) {
  enclose([&] { race->engine->address(cpu, address, instructions); });
}

void cmma_race_reached(cmma_race* race, int cpu, std::uint64_t instructions) {
  enclose([&] { race->engine->reached(cpu, instructions); });
}

}  // extern "C"
