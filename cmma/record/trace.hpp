// The event trace: a compact file of what happened to which block, for replay and for people.
//
// File format (all numbers little-endian):
//   header, 32 bytes: "CMMATRC" and 0; u32 schema; u32 size of a record; u64 blocks of main storage; u64 0
//   record, 16 bytes: u64 instructions; u32 block; u8 kind | detail << 5; u8 old; u8 new; u8 CPU, 255: none
//   end mark: a record of kind 31 whose u64 is the number of records before it
//
// Who may call it: TraceWriter::write from any thread, all else from one.
//
// Invariants
//   E1  Events of one block are in the file in the order of its changes, if they are written by whoever
//       made the change before another can change the block. The host's lock sees to that.
//   E2  After an error nothing more is written; the first error is what close() returns.
//   E3  A file without the end mark is of a run that did not end in order; the reader says so.
#ifndef CMMA_RECORD_TRACE_HPP
#define CMMA_RECORD_TRACE_HPP

#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "record/event.hpp"

namespace cmma::record {

inline constexpr std::uint32_t trace_schema = 1;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

class TraceWriter {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<TraceWriter>, std::string> open(const std::string& path,
                                                                                     std::uint64_t blocks);
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;
  ~TraceWriter() = default;

  // REQUIRES: the fields are in the ranges of event.hpp; a larger block number is an error (E2).
  void write(const Event& event);

  // Write what is buffered and the end mark, and close. To be called once; nothing may be written after.
  [[nodiscard]] std::expected<void, std::string> close();

 private:
  TraceWriter(std::string path, File file);
  void append(std::uint64_t instructions, std::uint32_t low, std::uint32_t high);
  void flush();

  std::mutex mutex_;
  std::string path_;
  File file_;
  std::vector<unsigned char> buffer_;
  std::uint64_t records_ = 0;
  std::string error_;
};

class TraceReader {
 public:
  [[nodiscard]] static std::expected<TraceReader, std::string> open(const std::string& path);

  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

  // The next event; empty at the end. After an error or the end it is not to be called again.
  [[nodiscard]] std::expected<std::optional<Event>, std::string> next();

 private:
  TraceReader(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  File file_;
  std::uint64_t blocks_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace cmma::record
#endif
