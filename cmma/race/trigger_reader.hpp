// Reads a trigger of a scenario, and refuses one that contradicts itself.
//
// Who may use it: the reader of scenarios.
#ifndef CMMA_RACE_TRIGGER_READER_HPP
#define CMMA_RACE_TRIGGER_READER_HPP

#include <expected>
#include <string>

#include "race/scenario.hpp"
#include "race/scenario_tables.hpp"

namespace cmma::race {

[[nodiscard]] std::expected<Trigger, std::string> read_trigger(const ScenarioFile& file,
                                                               const toml::table& table);

}  // namespace cmma::race
#endif
