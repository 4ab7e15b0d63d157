#include "cli/race_kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

fs::path schedule_of(const std::string& results, std::uint64_t plan) {
  return fmt::format("{}.plan-{}.schedule.toml", results, plan);
}
fs::path small_of(const std::string& results, std::uint64_t plan) {
  return fmt::format("{}.plan-{}.small.schedule.toml", results, plan);
}
fs::path console_of(const std::string& results, std::uint64_t plan) {
  return fmt::format("{}.plan-{}.console.txt", results, plan);
}

}  // namespace

Kept::Kept(std::string file, const race::Results& before) : file_(std::move(file)) {
  for (const auto& [plan, result] : before.by_plan) {
    if (result.signature.empty() || !fs::exists(schedule_of(file_, plan))) continue;
    const auto [place, added] = smallest_.try_emplace(result.signature, result.done, plan);
    if (!added) place->second = std::min(place->second, {result.done, plan});
  }
}

std::expected<bool, std::string> Kept::offer(std::uint64_t plan, const race::Result& result,
                                             const fs::path& schedule, const fs::path& console) {
  if (result.signature.empty()) return false;
  const Size size{result.done, plan};
  const auto before = smallest_.find(result.signature);
  if (before != smallest_.end() && before->second <= size) return false;
  std::error_code error;
  fs::copy_file(schedule, schedule_of(file_, plan), fs::copy_options::overwrite_existing, error);
  if (!error) fs::copy_file(console, console_of(file_, plan), fs::copy_options::overwrite_existing, error);
  if (error)
    return std::unexpected(fmt::format("the files of plan {} cannot be kept: {}", plan, error.message()));
  if (before != smallest_.end()) {
    fs::remove(schedule_of(file_, before->second.second), error);
    fs::remove(console_of(file_, before->second.second), error);
    fs::remove(small_of(file_, before->second.second), error);
  }
  smallest_.insert_or_assign(result.signature, size);
  return true;
}

std::expected<bool, std::string> Kept::offer_from(const std::string& other, std::uint64_t plan,
                                                  const race::Result& result) {
  if (result.signature.empty() || !fs::exists(schedule_of(other, plan))) return false;
  const auto kept = offer(plan, result, schedule_of(other, plan), console_of(other, plan));
  std::error_code error;
  if (kept && *kept && fs::exists(small_of(other, plan)))
    fs::copy_file(small_of(other, plan), small_of(file_, plan), fs::copy_options::overwrite_existing, error);
  if (error)
    return std::unexpected(fmt::format("the files of plan {} cannot be kept: {}", plan, error.message()));
  return kept;
}

std::map<std::string, std::uint64_t> Kept::plans() const {
  std::map<std::string, std::uint64_t> all;
  for (const auto& [signature, size] : smallest_) all.emplace(signature, size.second);
  return all;
}

fs::path Kept::schedule(std::uint64_t plan) const { return schedule_of(file_, plan); }
fs::path Kept::small_schedule(std::uint64_t plan) const { return small_of(file_, plan); }

}  // namespace cmma::cli
