// The one seam between the host and everything outside it: memory, page faults, the paging file, the
// clock and random numbers.
//
// Who may call it: the host (frames, paging store, pager). Tests put a double in its place, and faults
// enter through the same functions as in production.
//
// Threads: `wait_fault` is called by the pager thread alone; the rest by whoever has the host's lock, or
// while no other thread knows the object. `stop_faults`, `now` and `random` may be called by any thread.
//
// Invariants
//   O1  Errors are errno values, 0 is success. Nothing is retried here but EINTR and EAGAIN.
//   O2  When `demand()` is true a page of main storage exists only after `place` and until `release`; an
//       access to a missing page waits for `place`, or for `wake`.
//   O3  When `demand()` is false every page always exists, and `release` fills it with zeros.
#ifndef CMMA_HOST_OS_HPP
#define CMMA_HOST_OS_HPP

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace cmma::host {

class Os {
 public:
  Os() = default;
  Os(const Os&) = delete;
  Os& operator=(const Os&) = delete;
  virtual ~Os() = default;

  // ---- main storage ----
  // Zero-filled, page aligned, given back by the destructor. Once.
  [[nodiscard]] virtual std::expected<std::uint8_t*, int> map_storage(std::size_t bytes) = 0;
  // Before `map_storage`: an access to a missing page calls `answer` with its offset, in the thread that
  // makes it and in the middle of the instruction, instead of being reported by `wait_fault`. `answer` has to
  // place it.
  virtual void answer_in_place(std::function<void(std::size_t offset)> answer) = 0;
  // Are missing pages reported (userfaultfd)? If not, `demand_note` says why, in a few words.
  [[nodiscard]] virtual bool demand() const = 0;
  [[nodiscard]] virtual std::string demand_note() const = 0;

  // All offsets and lengths are multiples of the block size, inside main storage.
  // Give missing pages a content; EEXIST if the first of them is not missing. Wakes who waits for them.
  // Zeros are placed like any other content: a shared page of zeros would have to be replaced at the first
  // store, which costs more than it saves.
  [[nodiscard]] virtual int place(std::size_t offset, std::span<const std::uint8_t> content) = 0;
  // Take pages away; their memory goes back to the operating system.
  [[nodiscard]] virtual int release(std::size_t offset, std::size_t bytes) = 0;
  // Let those who wait for these pages look again.
  virtual void wake(std::size_t offset, std::size_t bytes) = 0;
  // Offset of the next access to a missing page; empty after `stop_faults`.
  [[nodiscard]] virtual std::optional<std::size_t> wait_fault() = 0;
  virtual void stop_faults() = 0;

  // ---- the paging file ----
  // An empty path means an unnamed file. The error is one line for the user.
  [[nodiscard]] virtual std::expected<void, std::string> open_file(const std::string& path) = 0;
  // Bytes read or written, which may be fewer than asked for.
  [[nodiscard]] virtual std::expected<std::size_t, int> read_file(std::uint64_t offset,
                                                                  std::span<std::uint8_t> to) = 0;
  [[nodiscard]] virtual std::expected<std::size_t, int> write_file(std::uint64_t offset,
                                                                   std::span<const std::uint8_t> from) = 0;
  // Give the space of a range back to the file system. A file system that cannot do it is no error.
  virtual void punch_file(std::uint64_t offset, std::uint64_t bytes) = 0;

  // ---- fork ----
  // In the child: page faults and the paging file become its own. The error is one line for the user.
  [[nodiscard]] virtual std::expected<void, std::string> forked() = 0;

  // ---- clock and random numbers ----
  [[nodiscard]] virtual std::uint64_t now() = 0;  // nanoseconds, monotonic
  [[nodiscard]] virtual std::uint64_t random() = 0;
};

[[nodiscard]] std::unique_ptr<Os> make_linux_os();

}  // namespace cmma::host
#endif
