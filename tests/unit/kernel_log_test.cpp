// A Linux guest's log in its memory: what is read, and that nothing a guest can write there does harm.
#include <gtest/gtest.h>

#include "host_rig.hpp"
#include "linux/kernel_log.hpp"

namespace cmma::test {
namespace {

// One megabyte, with a segment table that maps it where it is. The rings have 4 records and 64 bytes of text.
class KernelLog : public testing::Test {
 protected:
  static constexpr std::uint64_t segment_table = 0x4000;
  static constexpr std::uint64_t note = 0x5000;
  static constexpr std::uint64_t prb = 0x6000;
  static constexpr std::uint64_t ring = 0x7000;
  static constexpr std::uint64_t descs = 0x8000;
  static constexpr std::uint64_t infos = 0x9000;
  static constexpr std::uint64_t text = 0xa000;

  KernelLog() {
    put(segment_table, 0x400);  // a frame of 1 MB
    put(0x388, segment_table);  // kernel_asce: a table of 512 segments
    for (std::uint64_t i = 1; i < 512; ++i) put(segment_table + i * 8, 0x20);
    put(0xe0c, note);
    put_note(
        R"(OSRELEASE=6.12.0
SYMBOL(prb)=6000
OFFSET(printk_ringbuffer.desc_ring)=0
OFFSET(printk_ringbuffer.text_data_ring)=48
OFFSET(prb_desc_ring.count_bits)=0
OFFSET(prb_desc_ring.descs)=8
OFFSET(prb_desc_ring.infos)=16
OFFSET(prb_desc_ring.head_id)=24
OFFSET(prb_desc_ring.tail_id)=32
SIZE(prb_desc)=24
OFFSET(prb_desc.state_var)=0
OFFSET(prb_desc.text_blk_lpos)=8
OFFSET(prb_data_blk_lpos.begin)=0
OFFSET(prb_data_blk_lpos.next)=8
SIZE(printk_info)=32
OFFSET(printk_info.ts_nsec)=8
OFFSET(printk_info.text_len)=16
OFFSET(prb_data_ring.size_bits)=0
OFFSET(prb_data_ring.data)=8
)");
    put(prb, ring);
    put(ring, 2, 4);
    put(ring + 8, descs);
    put(ring + 16, infos);
    put(ring + 48, 6, 4);
    put(ring + 56, text);
  }

  void put(std::uint64_t at, std::uint64_t value, unsigned bytes = 8) {
    for (unsigned i = 0; i < bytes; ++i)
      memory.at(at + i) = static_cast<std::uint8_t>(value >> ((bytes - 1 - i) * 8));
  }
  void put(std::uint64_t at, std::string_view bytes) {
    std::ranges::copy(bytes, memory.begin() + static_cast<long>(at));
  }
  void put_note(std::string_view content) {
    put(note, 11, 4);
    put(note + 4, content.size(), 4);
    put(note + 12, std::string_view("VMCOREINFO\0\0", 12));
    put(note + 24, content);
  }
  // States: 1 committed, 2 finalized.
  void record(std::uint64_t id, std::uint64_t begin, std::uint64_t next, std::string_view line,
              unsigned state = 2) {
    const std::uint64_t desc = descs + id % 4 * 24;
    const std::uint64_t info = infos + id % 4 * 32;
    put(desc, std::uint64_t{state} << 62 | id);
    put(desc + 8, begin);
    put(desc + 16, next);
    put(info + 8, id * 1'000'000'000 + 123'456'789);
    put(info + 16, line.size(), 2);
    if (begin % 2 == 0) put(text + (begin >> 6 == next >> 6 ? begin % 64 : 0) + 8, line);
  }
  void ids(std::uint64_t tail, std::uint64_t head) {
    put(ring + 24, head);
    put(ring + 32, tail);
  }
  [[nodiscard]] std::expected<std::string, std::string> read() {
    return linux_guest::read_kernel_log([this](std::uint64_t address, std::span<std::uint8_t> to) {
      if (address > memory.size() || to.size() > memory.size() - address) return false;
      std::copy_n(memory.begin() + static_cast<long>(address), to.size(), to.begin());
      return true;
    });
  }

  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(1 << 20);
};

TEST_F(KernelLog, RecordsComeOldestFirst) {
  record(5, 0, 24, "first line");
  record(6, 24, 48, "one\ntwo", 1);
  ids(5, 6);
  EXPECT_EQ(read().value(), "[    5.123456] first line\n[    6.123456] one\n[    6.123456] two\n");
}

TEST_F(KernelLog, ATextThatDoesNotFitIsAtTheStart) {
  record(7, 40, 64 + 24, "around");
  ids(7, 7);
  EXPECT_EQ(read().value(), "[    7.123456] around\n");
}

TEST_F(KernelLog, WhatHasNoTextOrIsBeingWrittenIsLeftOut) {
  record(4, 1, 1, "");         // could not be kept
  record(5, 3, 3, "");         // an empty line
  record(6, 0, 24, "new", 0);  // reserved
  record(7, 24, 48, "last");
  ids(4, 7);
  EXPECT_EQ(read().value(), "[    5.123456] \n[    7.123456] last\n");
}

TEST_F(KernelLog, BytesThatAreNoTextAreShownAsNumbers) {
  record(5, 0, 24, "a\033[2J\xff");
  ids(5, 5);
  EXPECT_EQ(read().value(), "[    5.123456] a\\x1b[2J\\xff\n");
}

TEST_F(KernelLog, AnOlderKernelIsWhereItsSymbolsAre) {
  record(5, 0, 24, "first line");
  ids(5, 5);
  put(0x388, 0);
  put(segment_table, 0x20);
  EXPECT_EQ(read().value(), "[    5.123456] first line\n");
}

TEST_F(KernelLog, WithoutANoteItSaysSo) {
  put(0xe0c, 0);
  EXPECT_NE(read().error().find("CONFIG_VMCORE_INFO"), std::string::npos);
  put(0xe0c, 0x20000);
  EXPECT_EQ(read().error(), "there is no VMCOREINFO at absolute 0x20000 (CONFIG_VMCORE_INFO?)");
  put(0xe0c, ~std::uint64_t{0});
  EXPECT_FALSE(read());
  put(0xe0c, note);
  put(note + 4, 0x7fffffff, 4);
  EXPECT_FALSE(read());
  put_note("SYMBOL(prb)=6000\n");
  EXPECT_EQ(read().error(), "VMCOREINFO has no OFFSET(printk_ringbuffer.desc_ring)");
}

// Whatever one word of what it looks at says: it ends, with a log or with a line.
TEST_F(KernelLog, AnyNumberIsTaken) {
  for (std::uint64_t id = 4; id < 8; ++id) record(id, id * 16 % 64, id * 16 % 64 + 16, "abcdefgh");
  for (const std::uint64_t first : {ring, descs, infos, prb, std::uint64_t{0x388}}) {
    for (std::uint64_t at = first; at < first + 96; at += 4) {
      const std::vector<std::uint8_t> before = memory;
      for (const std::uint64_t value : {~0ull, 0ull, 0x7fffffffull, 25ull, 63ull, 0x100000ull}) {
        ids(4, 7);
        put(at, value, 4);
        const auto log = read();
        EXPECT_TRUE(log || log.error().find('\n') == std::string::npos);
      }
      memory = before;
    }
  }
}

TEST(HostKernelLog, AGuestThatIsNoLinuxIsRefused) {
  Rig rig("");
  const auto answer = rig->command("kernel-log");
  EXPECT_FALSE(answer.done);
  EXPECT_NE(answer.text.find("VMCOREINFO"), std::string::npos);
}

}  // namespace
}  // namespace cmma::test
