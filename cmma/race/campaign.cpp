#include "race/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

namespace cmma::race {
namespace {

using nlohmann::json;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

std::expected<void, std::string> add(Results& results, std::uint64_t plan, const Result& result) {
  const auto [place, added] = results.by_plan.emplace(plan, result);
  if (added || place->second == result) return {};
  return wrong(fmt::format(R"(plan {} ended in two ways: "{}" and "{}"; the machine is not deterministic)",
                           plan, place->second.signature, result.signature));
}

std::expected<void, std::string> parse_line(const json& line, Results& results, bool first) {
  if (first) {
    if (!line.contains("campaign") || !line["campaign"].is_string())
      return wrong("does not begin with a campaign");
    results.campaign = line["campaign"];
    return {};
  }
  const bool good = line.contains("plan") && line["plan"].is_number_unsigned() &&
                    line.contains("signature") && line["signature"].is_string() && line.contains("done") &&
                    line["done"].is_number_unsigned() && line.contains("refused") &&
                    line["refused"].is_number_unsigned();
  if (!good) return wrong("is not a result");
  return add(results, line["plan"],
             {.signature = line["signature"], .done = line["done"], .refused = line["refused"]});
}

// What is there already; nothing if there is no file.
std::expected<Results, std::string> read_results(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return parse_results(text.view(), file);
}

class OneByOne final : public Runner {
 public:
  explicit OneByOne(const RunPlan& run) : run_(run) {}
  [[nodiscard]] unsigned jobs() const override { return 1; }
  std::expected<void, std::string> begin(std::uint64_t plan, const std::vector<Trigger>& triggers) override {
    auto result = run_(triggers);
    if (!result) return wrong(std::move(result.error()));
    ended_ = {plan, std::move(*result)};
    return {};
  }
  std::expected<std::pair<std::uint64_t, Result>, std::string> next() override { return ended_; }

 private:
  const RunPlan& run_;
  std::pair<std::uint64_t, Result> ended_;
};

}  // namespace

std::string result_line(std::uint64_t plan, const Result& result) {
  const json line{
      {"plan", plan}, {"signature", result.signature}, {"done", result.done}, {"refused", result.refused}};
  // A console may have bytes that are no UTF-8.
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string campaign_line(std::string_view campaign) {
  return json{{"campaign", campaign}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::expected<Results, std::string> parse_results(std::string_view text, std::string_view file) {
  Results results;
  unsigned number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    ++number;
    const json line = json::parse(text.substr(0, end), nullptr, false);
    if (line.is_discarded() || !line.is_object())
      return wrong(fmt::format("{}:{}: is not JSON", file, number));
    if (auto parsed = parse_line(line, results, number == 1); !parsed)
      return wrong(fmt::format("{}:{}: {}", file, number, parsed.error()));
    text.remove_prefix(end + 1);
  }
  return results;
}

std::string write_results(const Results& results) {
  std::string text = campaign_line(results.campaign);
  for (const auto& [plan, result] : results.by_plan) text += result_line(plan, result);
  return text;
}

std::expected<Results, std::string> merge(std::vector<Results> all) {
  if (all.empty()) return wrong("nothing to merge");
  Results merged = std::move(all.front());
  for (const Results& other : std::span(all).subspan(1)) {
    if (other.campaign != merged.campaign) {
      return wrong(
          fmt::format(R"(results of two campaigns: "{}" and "{}")", merged.campaign, other.campaign));
    }
    for (const auto& [plan, result] : other.by_plan) {
      if (auto added = add(merged, plan, result); !added) return std::unexpected(std::move(added.error()));
    }
  }
  return merged;
}

std::vector<Class> classes(const Results& results) {
  std::map<std::string, Class> by_signature;
  for (const auto& [plan, result] : results.by_plan) {
    if (result.signature.empty()) continue;
    Class& one = by_signature[result.signature];
    if (one.count == 0) one = {.signature = result.signature, .count = 0, .first_plan = plan};
    if (one.count++ == 0 || result.done < one.smallest_done) {
      one.smallest_plan = plan;
      one.smallest_done = result.done;
    }
  }
  std::vector<Class> all;
  all.reserve(by_signature.size());
  for (auto& [signature, one] : by_signature) all.push_back(std::move(one));
  std::ranges::sort(all, [](const Class& a, const Class& b) {
    return a.count != b.count ? a.count > b.count : a.signature < b.signature;
  });
  return all;
}

std::string summary(const Results& results) {
  std::uint64_t acted = 0;
  std::uint64_t failed = 0;
  for (const auto& [plan, result] : results.by_plan) {
    acted += result.done != 0 ? 1 : 0;
    failed += result.signature.empty() ? 0 : 1;
  }
  std::string text = fmt::format("{}\n{} plans run, {} did something, {} failed\n", results.campaign,
                                 results.by_plan.size(), acted, failed);
  for (const Class& one : classes(results)) {
    text += fmt::format("{:>8}  {} (first: plan {}", one.count, one.signature, one.first_plan);
    if (one.smallest_plan != one.first_plan)
      text += fmt::format("; smallest: plan {}, {} done", one.smallest_plan, one.smallest_done);
    text += ")\n";
  }
  return text;
}

Range part_of(std::uint64_t plans, std::uint64_t index, std::uint64_t parts) {
  const std::uint64_t size = plans / parts;
  const std::uint64_t larger = plans % parts;  // so many parts have one more
  const std::uint64_t from = index * size + std::min(index, larger);
  return {.from = from, .to = from + size + (index < larger ? 1 : 0)};
}

std::expected<Results, std::string> explore(const Planner& planner, const std::string& campaign, Range range,
                                            const std::string& file, Runner& runner,
                                            const Progress& progress) {
  auto read = read_results(file);
  if (!read) return read;
  Results results = std::move(*read);
  const std::string whole = fmt::format("{}; {}", campaign, planner.description());
  if (results.campaign.empty()) results.campaign = whole;
  if (results.campaign != whole)
    return wrong(fmt::format("{} has the results of another campaign: \"{}\"", file, results.campaign));
  // Written anew, so that what was cut off is not in it (C1).
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << write_results(results) << std::flush;
  const std::uint64_t to = std::min(range.to, planner.count());
  std::uint64_t plan = range.from;
  unsigned under_way = 0;
  bool goes_on = true;
  for (;;) {
    for (; goes_on && plan < to && under_way < runner.jobs(); ++plan) {
      if (results.by_plan.contains(plan)) continue;
      if (auto begun = runner.begin(plan, planner.plan(plan)); !begun)
        return wrong(fmt::format("plan {}: {}", plan, begun.error()));
      ++under_way;
    }
    if (under_way == 0) return results;
    const auto ended = runner.next();
    if (!ended) return wrong(ended.error());
    --under_way;
    const auto& [number, result] = *ended;
    results.by_plan.emplace(number, result);
    goes_on = (!progress || progress(number, result)) && goes_on;
    stream << result_line(number, result) << std::flush;
    if (!stream) return wrong(fmt::format("{}: cannot be written", file));
  }
}

std::expected<Results, std::string> explore(const Planner& planner, const std::string& campaign, Range range,
                                            const std::string& file, const RunPlan& run,
                                            const Progress& progress) {
  OneByOne runner(run);
  return explore(planner, campaign, range, file, runner, progress);
}

std::expected<std::vector<Trigger>, std::string> shrink(std::vector<Trigger> triggers,
                                                        const std::string& signature, const RunPlan& run) {
  // Without [at, at + size), and without those that then wait for ever.
  const auto without = [&](std::size_t at, std::size_t size) {
    std::vector<Trigger> rest;
    std::set<std::string> names{""};
    for (std::size_t i = 0; i < triggers.size(); ++i) {
      if ((i >= at && i < at + size) || !names.contains(triggers[i].after)) continue;
      names.insert(triggers[i].name);
      rest.push_back(triggers[i]);
    }
    return rest;
  };
  // Halves, then quarters... and at the end single ones until none can go.
  for (std::size_t size = std::max<std::size_t>(1, triggers.size() / 2);;) {
    bool smaller = false;
    for (std::size_t at = 0; at < triggers.size();) {
      auto rest = without(at, size);
      const auto result = run(rest);
      if (!result) return wrong(result.error());
      if (result->signature == signature) {
        triggers = std::move(rest);
        smaller = true;
      } else {
        at += size;
      }
    }
    if (size == 1 && !smaller) return triggers;
    size = std::max<std::size_t>(1, size / 2);
  }
}

}  // namespace cmma::race
