#include "race/uses.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "race/kinds.hpp"

namespace cmma::race {
namespace {

using nlohmann::json;

// Compare and swap and stores into tables are accesses.
bool is_use(std::uint32_t kind) {
  switch (kind) {
    case CMMA_EVENT_ESSA:
    case CMMA_EVENT_STORAGE_KEY:
    case CMMA_EVENT_DISCARD:
    case CMMA_EVENT_PAGE_OUT:
    case CMMA_EVENT_PAGE_IN:
    case CMMA_EVENT_DROP:
      return true;
    default:
      return false;
  }
}

}  // namespace

void UseRecorder::event(const cmma_event& event) {
  if (!is_use(event.kind)) return;
  close(event.block, kind_of(event.kind)->name);
  used_.insert(event.block);
}

void UseRecorder::reached(UsePlace place) {
  if (number_ == 0) {
    for (std::uint64_t block = 0; block < host_.blocks(); ++block) used_.insert(block);
  }
  for (const std::uint64_t block : host_.take_uses()) {
    close(block, "access");
    used_.insert(block);
  }
  bool forget = false;
  for (const std::uint64_t block : used_) {
    if (!host_.expect_use(block)) continue;
    open_.insert_or_assign(block, Open{.number = number_, .first = place});
    forget = true;
  }
  used_.clear();
  if (forget) control_.forget(control_.context);
  place_ = place;
  ++number_;
}

void UseRecorder::close(std::uint64_t block, std::string_view ended_by) {
  const auto found = open_.find(block);
  if (found == open_.end()) return;
  intervals_.push_back({.block = block,
                        .first = found->second.first,
                        .last = place_,
                        .places = number_ - found->second.number,
                        .ended_by = std::string{ended_by}});
  open_.erase(found);
}

void UseRecorder::finish() {
  for (const std::uint64_t block : host_.take_uses()) close(block, "access");
  while (!open_.empty()) close(open_.begin()->first, "end");
}

std::string write_uses(const std::vector<UseInterval>& intervals) {
  std::string text;
  for (const UseInterval& one : intervals) {
    const json line{{"block", one.block},
                    {"first", {one.first.instructions, one.first.event}},
                    {"last", {one.last.instructions, one.last.event}},
                    {"places", one.places},
                    {"ended-by", one.ended_by}};
    text += line.dump() + "\n";
  }
  return text;
}

std::expected<std::vector<UseInterval>, std::string> parse_uses(std::string_view text) {
  std::vector<UseInterval> intervals;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const json line = json::parse(text.substr(0, end), nullptr, false);
    const auto is_place = [&](const char* name) {
      return line.contains(name) && line[name].is_array() && line[name].size() == 2 &&
             line[name][0].is_number_unsigned() && line[name][1].is_number_unsigned();
    };
    const auto is_number = [&](const char* name) {
      return line.contains(name) && line[name].is_number_unsigned();
    };
    if (!line.is_object() || !is_number("block") || !is_place("first") || !is_place("last") ||
        !is_number("places") || !line.contains("ended-by") || !line["ended-by"].is_string())
      return std::unexpected(fmt::format("line {} is no interval", intervals.size() + 1));
    const auto place = [&](const char* name) {
      return UsePlace{.instructions = line[name][0], .event = line[name][1]};
    };
    intervals.push_back({.block = line["block"],
                         .first = place("first"),
                         .last = place("last"),
                         .places = line["places"],
                         .ended_by = line["ended-by"]});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return intervals;
}

}  // namespace cmma::race
