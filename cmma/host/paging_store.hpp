// The paging store: the copies of blocks that have no frame, and of blocks that have one but have not been
// changed since they came back.
//
// Who may call it: the host, with its lock held.
//
// The slot of block n is at a fixed place in a sparse file, so there is no map, and a slot is used again
// by construction. docs/paging-store.md has the layout.
//
// Invariants
//   P1  A slot is in use exactly while its check value is not 0. 6 bytes for each block are all that is
//       kept in memory, and one bit that says that the file may still have space for a free slot.
//   P2  read() gives the content last written to the slot, or an error. Never anything else.
//   P3  A failed write leaves no slot in use that it was to fill.
#ifndef CMMA_HOST_PAGING_STORE_HPP
#define CMMA_HOST_PAGING_STORE_HPP

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "host/os.hpp"

namespace cmma::host {

class PagingStore {
 public:
  PagingStore(Os& os, std::uint64_t blocks);
  PagingStore(const PagingStore&) = delete;
  PagingStore& operator=(const PagingStore&) = delete;
  ~PagingStore() = default;

  // An empty path means an unnamed temporary file. Refuses a file that holds something else.
  [[nodiscard]] std::expected<void, std::string> open(const std::string& path);

  [[nodiscard]] bool holds(std::uint64_t block) const { return check_value(block) != 0; }
  [[nodiscard]] std::uint64_t slots_in_use() const { return in_use_; }

  // Is `content` what the slot holds? Asks the check value, not the file.
  [[nodiscard]] bool matches(std::uint64_t block, std::span<const std::uint8_t> content) const;

  // Write adjacent blocks, starting with `first`. `content` is a multiple of the block size.
  // The error is one line that names the block and the file.
  [[nodiscard]] std::expected<void, std::string> write(std::uint64_t first,
                                                       std::span<const std::uint8_t> content);
  [[nodiscard]] std::expected<void, std::string> read(std::uint64_t block, std::span<std::uint8_t> to);

  // The slot is free from now on.
  void drop(std::uint64_t block);
  void drop_all();

  // Give the space of free slots back to the file system, if there is enough of it to be worth the calls.
  void tidy();

 private:
  [[nodiscard]] std::uint64_t check_value(std::uint64_t block) const;
  void set_check_value(std::uint64_t block, std::uint64_t value);
  [[nodiscard]] std::string complaint(std::string_view what, std::uint64_t block, std::string_view why) const;

  Os& os_;
  std::string name_;
  std::uint64_t blocks_;
  std::uint64_t in_use_ = 0;
  std::uint64_t idle_ = 0;                // bits set in `idle_bits_`
  std::vector<std::uint16_t> checks_;     // three for each block
  std::vector<std::uint64_t> idle_bits_;  // free slots whose space the file may still have
};

}  // namespace cmma::host
#endif
