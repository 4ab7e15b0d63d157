#include "cli/race_merge.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "cli/race_kept.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string results;
  std::vector<std::string> parts;
  std::string out;
};

int complain(std::string_view text, int status = exit_usage) {
  fmt::print(stderr, "cmma: {}\n", text);
  return status;
}

int print_results(const Asked& asked) {
  const auto results = read_campaign(asked.results);
  if (!results) return complain(results.error());
  fmt::print("{}", race::summary(*results));
  return exit_good;
}

int merge(const Asked& asked) {
  std::vector<race::Results> all;
  for (const std::string& file : asked.parts) {
    auto results = read_campaign(file);
    if (!results) return complain(results.error());
    all.push_back(std::move(*results));
  }
  const auto merged = race::merge(std::move(all));
  if (!merged) return complain(merged.error());
  if (asked.out.empty()) {
    fmt::print("{}", race::write_results(*merged));
    return exit_good;
  }
  // What an earlier merge has put there stays if it is the smallest.
  auto before = read_campaign(asked.out).value_or(race::Results{});
  if (before.campaign != merged->campaign) before = {};
  std::ofstream stream(asked.out, std::ios::binary);
  stream << race::write_results(*merged) << std::flush;
  if (!stream) return complain(fmt::format("{}: cannot be written", asked.out), exit_host);
  Kept kept(asked.out, before);
  for (const auto& [plan, result] : merged->by_plan) {
    for (const std::string& file : asked.parts) {
      if (auto offered = kept.offer_from(file, plan, result); !offered)
        return complain(offered.error(), exit_host);
    }
  }
  fmt::print("{}", race::summary(*merged));
  for (const auto& [signature, plan] : kept.plans()) {
    const fs::path small = kept.small_schedule(plan);
    fmt::print("cmma race replay {}  # {}\n", (fs::exists(small) ? small : kept.schedule(plan)).string(),
               signature);
  }
  return exit_good;
}

}  // namespace

std::expected<race::Results, std::string> read_campaign(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return std::unexpected(fmt::format("{}: cannot be read", file));
  return race::parse_results(text.view(), file);
}

void register_merge(CLI::App& race, Run& run) {
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const char* name, const char* text, int (*act)(const Asked&)) {
    auto* one = race.add_subcommand(name, text);
    one->callback([&run, asked, act] { run = [asked, act] { return act(*asked); }; });
    return one;
  };
  add("results", "What a campaign has found", print_results)
      ->add_option("RESULTS", asked->results, "Its results")
      ->required();
  auto* merged = add("merge", "Put the results of parts together", merge);
  merged->add_option("RESULTS", asked->parts, "Their results")->required();
  merged->add_option("--out", asked->out,
                     "Into this file, with the smallest schedule of each failure beside it; if not given, to "
                     "standard output");
}

}  // namespace cmma::cli
