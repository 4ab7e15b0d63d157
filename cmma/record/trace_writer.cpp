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

// A write of this size costs little next to what it carries: 4096 events.
constexpr std::size_t buffer_size = format::record_size * 4096;

}  // namespace

static_assert(event_kind_count < format::end_kind);

TraceWriter::TraceWriter(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {
  buffer_.reserve(buffer_size);
}

std::expected<std::unique_ptr<TraceWriter>, std::string> TraceWriter::open(const std::string& path,
                                                                           std::uint64_t blocks) {
  File file{std::fopen(path.c_str(), "wbe")};
  if (!file) {
    return std::unexpected(
        fmt::format("cannot open trace {}: {}", path, std::generic_category().message(errno)));
  }
  std::unique_ptr<TraceWriter> writer{new TraceWriter(path, std::move(file))};
  std::array<unsigned char, format::header_size> header{};
  const std::span<unsigned char> bytes{header};
  std::ranges::copy(format::magic, header.begin());
  format::put(bytes.subspan(8, 4), trace_schema);
  format::put(bytes.subspan(12, 4), format::record_size);
  format::put(bytes.subspan(16, 8), blocks);
  writer->buffer_.insert(writer->buffer_.end(), header.begin(), header.end());
  return writer;
}

void TraceWriter::write(const Event& event) {
  const auto kind = static_cast<std::uint32_t>(event.kind) | static_cast<std::uint32_t>(event.detail)
                                                                 << format::detail_shift;
  const auto cpu = event.cpu < 0 ? std::uint32_t{format::no_cpu} : static_cast<std::uint32_t>(event.cpu);
  const std::uint32_t high =
      (kind & 0xff) | std::uint32_t{event.old_state} << 8 | std::uint32_t{event.new_state} << 16 | cpu << 24;
  const std::scoped_lock lock(mutex_);
  if (!error_.empty()) return;
  if (event.block > UINT32_MAX) {
    error_ = fmt::format("trace {}: block {:x} does not fit into the format", path_, event.block);
    return;
  }
  append(event.instructions, static_cast<std::uint32_t>(event.block), high);
  ++records_;
}

void TraceWriter::append(std::uint64_t instructions, std::uint32_t low, std::uint32_t high) {
  std::array<unsigned char, format::record_size> record{};
  const std::span<unsigned char> bytes{record};
  format::put(bytes.subspan(0, 8), instructions);
  format::put(bytes.subspan(8, 4), low);
  format::put(bytes.subspan(12, 4), high);
  buffer_.insert(buffer_.end(), record.begin(), record.end());
  if (buffer_.size() >= buffer_size) flush();
}

void TraceWriter::flush() {
  if (!error_.empty()) return;
  const bool written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) == buffer_.size() &&
                       std::fflush(file_.get()) == 0;
  if (!written) {
    error_ = fmt::format("cannot write trace {}: {}", path_, std::generic_category().message(errno));
  }
  buffer_.clear();
}

std::expected<void, std::string> TraceWriter::close() {
  const std::scoped_lock lock(mutex_);
  append(records_, 0, format::end_kind | std::uint32_t{format::no_cpu} << 24);
  flush();
  if (std::fclose(file_.release()) != 0 && error_.empty()) {
    error_ = fmt::format("cannot write trace {}: {}", path_, std::generic_category().message(errno));
  }
  if (!error_.empty()) return std::unexpected(error_);
  return {};
}

}  // namespace cmma::record
