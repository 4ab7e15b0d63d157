#include "cli/race_table.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace cmma::cli {
namespace {

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t expected = 0;  // ended as the scenario expects
  std::uint64_t failed = 0;    // ended with any signature
  std::uint64_t places = 0;    // that the runs stand for
};

struct Row {
  std::string race;
  std::map<std::string, Tally> modes;
  std::set<std::string> signatures;  // of directed runs that ended as expected
};

// R3 is before R11.
std::uint64_t number_of(const std::string& race) {
  std::uint64_t number = 0;
  if (!race.empty()) std::from_chars(race.data() + 1, race.data() + race.size(), number);
  return number;
}

std::string hits(const Row& row, std::initializer_list<std::string_view> modes,
                 std::uint64_t Tally::* which) {
  std::uint64_t sum = 0;
  std::uint64_t runs = 0;
  for (const std::string_view mode : modes) {
    const auto found = row.modes.find(std::string(mode));
    if (found == row.modes.end()) continue;
    sum += found->second.*which;
    runs += found->second.runs;
  }
  return runs == 0 ? "not run" : fmt::format("{} of {}", sum, runs);
}

std::string sweep(const Row& row, std::string_view mode) {
  std::string text = hits(row, {mode}, &Tally::failed);
  const auto found = row.modes.find(std::string(mode));
  if (found != row.modes.end()) text += fmt::format(", for {} places", found->second.places);
  return text;
}

}  // namespace

void append_table_line(const std::filesystem::path& file, const TableLine& line) {
  nlohmann::ordered_json json = {
      {"race", line.race},           {"scenario", line.scenario},          {"mode", line.mode},
      {"seed", line.seed},           {"signature", line.result.signature}, {"expected", line.expected},
      {"actions", line.result.done}, {"refused", line.result.refused}};
  if (line.places != 1) json["places"] = line.places;
  std::ofstream(file, std::ios::binary | std::ios::app) << json.dump() + "\n" << std::flush;
}

std::expected<std::string, std::string> race_table(std::istream& results) {
  std::map<std::string, Row> rows;
  std::map<std::tuple<std::string, std::string, std::uint64_t>, std::string> seen;
  unsigned number = 0;
  for (std::string line; std::getline(results, line);) {
    ++number;
    const auto run = nlohmann::json::parse(line, nullptr, false);
    const auto is = [&](const char* key, auto test) { return run.contains(key) && (run[key].*test)(); };
    using Json = nlohmann::json;
    if (!run.is_object() || !is("race", &Json::is_string) || !is("scenario", &Json::is_string) ||
        !is("mode", &Json::is_string) || !is("seed", &Json::is_number_unsigned) ||
        !is("signature", &Json::is_string) || !is("expected", &Json::is_boolean))
      return std::unexpected(
          fmt::format("line {} is not a result of cmma race run or explore --json", number));
    const std::string scenario = run["scenario"];
    const std::string mode = run["mode"];
    const std::string signature = run["signature"];
    const auto seed = run["seed"].get<std::uint64_t>();
    const auto [place, is_new] = seen.try_emplace({scenario, mode, seed}, signature);
    if (!is_new && place->second == signature) continue;
    if (!is_new) {
      return std::unexpected(fmt::format("line {}: {}, {}, seed {} was there, and ended with '{}', not '{}'",
                                         number, scenario, mode, seed, place->second, signature));
    }
    Row& row = rows[scenario];
    row.race = run["race"];
    Tally& tally = row.modes[mode];
    ++tally.runs;
    tally.places += is("places", &Json::is_number_unsigned) ? run["places"].get<std::uint64_t>() : 1;
    if (run["expected"].get<bool>()) ++tally.expected;
    if (!signature.empty()) ++tally.failed;
    if (mode == directed_mode && run["expected"].get<bool>() && !signature.empty())
      row.signatures.insert(signature);
  }
  std::map<std::pair<std::uint64_t, std::string>, const Row*> sorted;
  for (const auto& [scenario, row] : rows) sorted[{number_of(row.race), scenario}] = &row;
  std::string text =
      "| Race | Scenario | Guard off, directed: hits | Guard off, at random: hits | Guard off, discard-nth: "
      "failures | Guards on, many seeds: failures | Guards on, discard-nth: failures | Signature of a hit |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const auto& [key, row] : sorted) {
    std::string signatures;
    for (const std::string& signature : row->signatures)
      signatures += fmt::format("{}`{}`", signatures.empty() ? "" : ", ", signature);
    text += fmt::format("| {} | `{}` | {} | {} | {} | {} | {} | {} |\n", row->race, key.second,
                        hits(*row, {directed_mode}, &Tally::expected),
                        hits(*row, {random_mode}, &Tally::expected), sweep(*row, uses_mode),
                        hits(*row, {guarded_mode, guarded_random_mode}, &Tally::failed),
                        sweep(*row, guarded_uses_mode), signatures);
  }
  return text;
}

}  // namespace cmma::cli
