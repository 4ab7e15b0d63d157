#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "record/trace.hpp"
#include "record/trace_format.hpp"

namespace cmma::record {
namespace {

constexpr std::array<std::string_view, event_kind_count> names{
#define CMMA_EVENT(name, meaning) #name,
#include "record/events.inc"
#undef CMMA_EVENT
};

}  // namespace

std::string_view event_name(EventKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < names.size() ? names.at(number) : std::string_view{};
}

std::expected<TraceReader, std::string> TraceReader::open(const std::string& path) {
  File file{std::fopen(path.c_str(), "rbe")};
  if (!file) {
    return std::unexpected(fmt::format("cannot open {}: {}", path, std::generic_category().message(errno)));
  }
  std::array<unsigned char, format::header_size> header{};
  const bool whole = std::fread(header.data(), 1, header.size(), file.get()) == header.size();
  if (!whole || !std::equal(format::magic.begin(), format::magic.end(), header.begin(),
                            [](char wanted, unsigned char found) {
                              return static_cast<unsigned char>(wanted) == found;
                            })) {
    return std::unexpected(fmt::format("{} is not an event trace", path));
  }
  const std::span<const unsigned char> bytes{header};
  const std::uint64_t schema = format::get(bytes.subspan(8, 4));
  const std::uint64_t size = format::get(bytes.subspan(12, 4));
  if (schema != trace_schema || size != format::record_size) {
    return std::unexpected(fmt::format("{}: this is schema {} of the event trace; this program reads {}",
                                       path, schema, trace_schema));
  }
  TraceReader reader{path, std::move(file)};
  reader.blocks_ = format::get(bytes.subspan(16, 8));
  return reader;
}

std::expected<std::optional<Event>, std::string> TraceReader::next() {
  std::array<unsigned char, format::record_size> record{};
  const std::size_t got = std::fread(record.data(), 1, record.size(), file_.get());
  if (got != record.size()) {
    if (std::ferror(file_.get()) != 0) return std::unexpected(fmt::format("{}: cannot be read", path_));
    return std::unexpected(fmt::format(
        "{}: the trace breaks off after {} events: the run did not end in order", path_, records_));
  }
  const std::span<const unsigned char> bytes{record};
  const std::uint64_t count = format::get(bytes.first(8));
  const std::uint8_t kind = record[12] & format::kind_mask;
  if (kind == format::end_kind) {
    if (count != records_) {
      return std::unexpected(fmt::format("{}: {} events, but its end mark says {}", path_, records_, count));
    }
    if (std::fgetc(file_.get()) != EOF) {
      return std::unexpected(fmt::format("{}: the trace goes on after its end mark", path_));
    }
    return std::nullopt;
  }
  if (kind >= event_kind_count) {
    return std::unexpected(fmt::format("{}: event {} is of unknown kind {}", path_, records_, kind));
  }
  ++records_;
  return Event{.kind = static_cast<EventKind>(kind),
               .detail = static_cast<std::uint8_t>(record[12] >> format::detail_shift),
               .old_state = record[13],
               .new_state = record[14],
               .cpu = record[15] == format::no_cpu ? not_a_cpu : record[15],
               .block = format::get(bytes.subspan(8, 4)),
               .instructions = count};
}

}  // namespace cmma::record
