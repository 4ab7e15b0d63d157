#include "host/paging_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "cmma/cmma.h"
#include "state/check.hpp"

namespace cmma::host {
namespace {

constexpr std::size_t block_size = CMMA_BLOCK_SIZE;

// The first block of the file tells whose file it is; slots follow.
constexpr std::string_view magic = "CMMA paging store 1\n";
constexpr std::uint64_t slots_start = block_size;

// Free slots are given back in bulk: a hole costs a system call of several microseconds, a sparse file
// that is some megabytes too large costs nothing.
constexpr std::uint64_t tidy_threshold = 4096;

// 48 bits: with 2^30 comparisons in a run, the odds that a changed block passes for unchanged are 1 in
// 2^18. 0 means "no slot", so it is not a value.
std::uint64_t check_of(std::span<const std::uint8_t> content) {
  const std::uint64_t value = XXH3_64bits(content.data(), content.size()) >> 16;
  return value == 0 ? 1 : value;
}

constexpr std::uint64_t slot_offset(std::uint64_t block) { return slots_start + block * block_size; }

}  // namespace

PagingStore::PagingStore(Os& os, std::uint64_t blocks)
    : os_(os), blocks_(blocks), checks_(blocks * 3), idle_bits_((blocks + 63) / 64) {}

std::expected<void, std::string> PagingStore::open(const std::string& path) {
  name_ = path.empty() ? "(unnamed temporary file)" : path;
  if (auto opened = os_.open_file(path); !opened) return opened;
  std::array<std::uint8_t, magic.size()> head{};
  const auto got = os_.read_file(0, head);
  if (!got) return std::unexpected(fmt::format("paging store {}: {}", name_, std::strerror(got.error())));
  if (*got != 0 && std::memcmp(head.data(), magic.data(), magic.size()) != 0) {
    return std::unexpected(fmt::format(
        "paging store {}: the file holds something else; name a new file or an old paging store", name_));
  }
  std::memcpy(head.data(), magic.data(), magic.size());
  const auto put = os_.write_file(0, head);
  if (!put || *put != head.size()) {
    return std::unexpected(
        fmt::format("paging store {}: {}", name_, put ? "short write" : std::strerror(put.error())));
  }
  // What an earlier run left is of no use to this one.
  os_.punch_file(slots_start, blocks_ * block_size);
  return {};
}

bool PagingStore::matches(std::uint64_t block, std::span<const std::uint8_t> content) const {
  const std::uint64_t value = check_value(block);
  return value != 0 && value == check_of(content);
}

std::expected<void, std::string> PagingStore::write(std::uint64_t first,
                                                    std::span<const std::uint8_t> content) {
  const std::uint64_t count = content.size() / block_size;
  for (std::uint64_t i = 0; i < count; ++i) drop(first + i);
  std::size_t done = 0;
  while (done < content.size()) {
    const auto put = os_.write_file(slot_offset(first) + done, content.subspan(done));
    if (!put || *put == 0) {
      return std::unexpected(complaint("write", first + done / block_size,
                                       put ? "the file takes no more data" : std::strerror(put.error())));
    }
    done += *put;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    set_check_value(first + i, check_of(content.subspan(i * block_size, block_size)));
  }
  return {};
}

std::expected<void, std::string> PagingStore::read(std::uint64_t block, std::span<std::uint8_t> to) {
  state::check(holds(block) && to.size() == block_size, "P1: the slot is in use");
  std::size_t done = 0;
  while (done < to.size()) {
    const auto got = os_.read_file(slot_offset(block) + done, to.subspan(done));
    if (!got) return std::unexpected(complaint("read", block, std::strerror(got.error())));
    if (*got == 0) return std::unexpected(complaint("read", block, "the file has been truncated"));
    done += *got;
  }
  if (!matches(block, to)) {
    return std::unexpected(
        complaint("read", block, "the content is not what was written (check value differs)"));
  }
  return {};
}

void PagingStore::drop(std::uint64_t block) {
  if (!holds(block)) return;
  set_check_value(block, 0);
  idle_bits_[block / 64] |= std::uint64_t{1} << block % 64;
  ++idle_;
}

void PagingStore::drop_all() {
  if (in_use_ == 0 && idle_ == 0) return;
  std::ranges::fill(checks_, std::uint16_t{0});
  std::ranges::fill(idle_bits_, std::uint64_t{0});
  in_use_ = 0;
  idle_ = 0;
  os_.punch_file(slots_start, blocks_ * block_size);
}

void PagingStore::tidy() {
  if (idle_ < std::max(tidy_threshold, blocks_ / 64)) return;
  const auto is_idle = [this](std::uint64_t block) {
    return (idle_bits_[block / 64] >> block % 64 & 1) != 0;
  };
  for (std::uint64_t block = 0; block < blocks_;) {
    const std::uint64_t rest = idle_bits_[block / 64] >> block % 64;
    if (rest == 0) {
      block = (block / 64 + 1) * 64;
      continue;
    }
    block += static_cast<std::uint64_t>(std::countr_zero(rest));
    std::uint64_t end = block;
    while (end < blocks_ && is_idle(end)) ++end;
    os_.punch_file(slot_offset(block), (end - block) * block_size);
    block = end;
  }
  std::ranges::fill(idle_bits_, std::uint64_t{0});
  idle_ = 0;
}

std::uint64_t PagingStore::check_value(std::uint64_t block) const {
  const std::uint16_t* part = &checks_[block * 3];
  return std::uint64_t{part[0]} << 32 | std::uint64_t{part[1]} << 16 | part[2];
}

void PagingStore::set_check_value(std::uint64_t block, std::uint64_t value) {
  in_use_ += static_cast<std::uint64_t>(value != 0) - static_cast<std::uint64_t>(holds(block));
  std::uint16_t* part = &checks_[block * 3];
  part[0] = static_cast<std::uint16_t>(value >> 32);
  part[1] = static_cast<std::uint16_t>(value >> 16);
  part[2] = static_cast<std::uint16_t>(value);
  if (value == 0) return;
  const std::uint64_t bit = std::uint64_t{1} << block % 64;
  if ((idle_bits_[block / 64] & bit) != 0) {
    idle_bits_[block / 64] &= ~bit;
    --idle_;
  }
}

std::string PagingStore::complaint(std::string_view what, std::uint64_t block, std::string_view why) const {
  return fmt::format("paging store {}: cannot {} block {:#x}: {}", name_, what, block << CMMA_BLOCK_SHIFT,
                     why);
}

}  // namespace cmma::host
