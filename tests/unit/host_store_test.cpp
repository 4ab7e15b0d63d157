// The paging store: what comes back is what was written, or an error (P1..P3).
#include <gtest/gtest.h>

#include <array>

#include "host/paging_store.hpp"
#include "host_rig.hpp"

namespace cmma::host {
namespace {

using test::FakeOs;
using test::Outside;

using Page = std::array<std::uint8_t, test::block_size>;

Page page_of(std::uint8_t value) {
  Page page{};
  page.fill(value);
  return page;
}

class HostStore : public testing::Test {
 protected:
  HostStore() { EXPECT_TRUE(store.open("store.cmma")); }

  // The error of reading the block.
  std::string complaint(std::uint64_t block) {
    Page page{};
    const auto read = store.read(block, page);
    return read ? "" : read.error();
  }

  static bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  Outside outside;
  FakeOs os{outside};
  PagingStore store{os, 16384};
};

TEST_F(HostStore, GivesBackWhatWasWritten) {
  std::vector<std::uint8_t> three;
  for (std::uint8_t value = 1; value <= 3; ++value) three.insert(three.end(), test::block_size, value);
  ASSERT_TRUE(store.write(7, three));
  EXPECT_EQ(outside.writes, 2u) << "the head of the file, and one call for adjacent blocks";
  EXPECT_EQ(store.slots_in_use(), 3u);
  for (std::uint8_t i = 0; i < 3; ++i) {
    Page page{};
    ASSERT_TRUE(store.holds(7u + i));
    ASSERT_TRUE(store.read(7u + i, page));
    EXPECT_EQ(page, page_of(static_cast<std::uint8_t>(i + 1)));
  }
  EXPECT_FALSE(store.holds(6));
  EXPECT_FALSE(store.holds(10));
}

TEST_F(HostStore, KnowsWhetherACopyIsGood) {
  Page page = page_of(9);
  EXPECT_FALSE(store.matches(0, page)) << "no copy at all";
  ASSERT_TRUE(store.write(0, page));
  EXPECT_TRUE(store.matches(0, page));
  page[4095] ^= 1;
  EXPECT_FALSE(store.matches(0, page));
}

TEST_F(HostStore, SlotsAreUsedAgain) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(store.write(3, page_of(static_cast<std::uint8_t>(round))));
    store.drop(3);
    store.drop(3);
    EXPECT_EQ(store.slots_in_use(), 0u);
  }
  EXPECT_EQ(outside.file.size(), 5 * test::block_size) << "head and slots 0 to 3";
}

TEST_F(HostStore, ShortReadsAndWritesAreContinued) {
  outside.longest_write = 1000;
  outside.longest_read = 777;
  ASSERT_TRUE(store.write(5, page_of(4)));
  Page page{};
  ASSERT_TRUE(store.read(5, page));
  EXPECT_EQ(page, page_of(4));
}

TEST_F(HostStore, WriteErrorNamesBlockAndFileAndKeepsOtherSlots) {
  ASSERT_TRUE(store.write(1, page_of(1)));
  ASSERT_TRUE(store.write(2, page_of(2)));
  outside.writes_until_error = 0;
  outside.error = ENOSPC;
  const auto written = store.write(2, page_of(3));
  ASSERT_FALSE(written);
  EXPECT_TRUE(contains(written.error(), "store.cmma")) << written.error();
  EXPECT_TRUE(contains(written.error(), "0x2000")) << written.error();
  EXPECT_TRUE(contains(written.error(), "No space left")) << written.error();
  EXPECT_FALSE(store.holds(2)) << "P3";
  EXPECT_EQ(complaint(1), "");
}

TEST_F(HostStore, AWriteThatMakesNoProgressIsAnError) {
  outside.longest_write = 0;
  const auto written = store.write(2, page_of(3));
  ASSERT_FALSE(written);
  EXPECT_FALSE(store.holds(2));
}

TEST_F(HostStore, ErrorsOfReadingNameBlockAndReason) {
  ASSERT_TRUE(store.write(16, page_of(1)));
  outside.reads_until_error = 0;
  EXPECT_TRUE(contains(complaint(16), "0x10000")) << complaint(16);
  EXPECT_TRUE(contains(complaint(16), "Input/output error")) << complaint(16);
  outside.reads_until_error = -1;
  outside.file[17 * test::block_size + 100] ^= 0x80;
  EXPECT_TRUE(contains(complaint(16), "not what was written")) << complaint(16);
  outside.file[17 * test::block_size + 100] ^= 0x80;
  EXPECT_EQ(complaint(16), "");
  outside.file.resize(17 * test::block_size + 10);
  EXPECT_TRUE(contains(complaint(16), "truncated")) << complaint(16);
}

TEST_F(HostStore, ASlotOfAnotherBlockIsNoSubstitute) {
  ASSERT_TRUE(store.write(0, page_of(1)));
  ASSERT_TRUE(store.write(1, page_of(2)));
  std::copy_n(outside.file.begin() + 2 * test::block_size, test::block_size,
              outside.file.begin() + test::block_size);
  EXPECT_NE(complaint(0), "");
}

TEST_F(HostStore, SpaceOfFreeSlotsIsGivenBackInBulk) {
  const std::vector<std::uint8_t> many(64 * test::block_size, 7);
  for (std::uint64_t block = 0; block < 8192; block += 64) ASSERT_TRUE(store.write(block, many));
  const std::uint64_t before = outside.holes;
  for (std::uint64_t block = 100; block < 4100; ++block) store.drop(block);
  store.tidy();
  EXPECT_EQ(outside.holes, before) << "not yet worth the calls";
  for (std::uint64_t block = 5000; block < 6000; ++block) store.drop(block);
  ASSERT_TRUE(store.write(5500, page_of(8)));
  store.tidy();
  EXPECT_EQ(outside.holes, before + 3) << "one for each run of free slots";
  EXPECT_EQ(complaint(99), "");
  EXPECT_EQ(complaint(5500), "");
  EXPECT_EQ(complaint(6000), "");
  EXPECT_EQ(outside.file[101 * test::block_size], 0);
}

TEST_F(HostStore, DropAllForgetsEverything) {
  ASSERT_TRUE(store.write(0, page_of(1)));
  store.drop_all();
  EXPECT_FALSE(store.holds(0));
  EXPECT_EQ(store.slots_in_use(), 0u);
}

TEST(HostStoreOpen, RefusesAFileThatHoldsSomethingElse) {
  Outside outside;
  outside.file.assign(100, 'x');
  FakeOs os(outside);
  PagingStore store(os, 4);
  const auto opened = store.open("letter.txt");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("letter.txt"), std::string::npos);
  EXPECT_EQ(outside.file, std::vector<std::uint8_t>(100, 'x')) << "untouched";
}

TEST(HostStoreOpen, TakesAnOldStoreAgain) {
  Outside outside;
  FakeOs os(outside);
  {
    PagingStore store(os, 4);
    ASSERT_TRUE(store.open("s"));
    ASSERT_TRUE(store.write(0, page_of(1)));
  }
  PagingStore store(os, 4);
  ASSERT_TRUE(store.open("s"));
  EXPECT_FALSE(store.holds(0));
}

TEST(HostStoreOpen, ReportsAFullDisk) {
  Outside outside;
  outside.writes_until_error = 0;
  outside.error = ENOSPC;
  FakeOs os(outside);
  PagingStore store(os, 4);
  EXPECT_FALSE(store.open("s"));
}

}  // namespace
}  // namespace cmma::host
