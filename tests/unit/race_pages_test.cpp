// What the struct pages of a guest say: each rule finds what it names, and nothing in sound ones.
#include "race/pages.hpp"

#include <gtest/gtest.h>

#include <array>

#include "race/oracle.hpp"

namespace cmma::race {
namespace {

constexpr std::uint64_t lru = 1 << 5;
constexpr std::uint64_t file = 0x80000000;  // a mapping
constexpr std::uint64_t anonymous = 0x80000001;
constexpr std::uint32_t free_type = 0xf0000000;
constexpr std::uint32_t slab_type = 0xf5000000;
constexpr std::uint32_t unmapped = 0xffffffff;

// A page of the kernel's own.
PageRecord page() {
  PageRecord one;
  one.references = 1;
  return one;
}
PageRecord free_block(std::uint64_t order) {
  PageRecord one;
  one.type = free_type;
  one.extra = order;
  return one;
}
PageRecord listed(std::uint64_t mapping, std::uint32_t type, std::int32_t references,
                  std::uint64_t flags = 0) {
  PageRecord one;
  one.flags = lru | flags;
  one.mapping = mapping;
  one.type = type;
  one.references = references;
  return one;
}

using Pages = std::vector<std::optional<PageRecord>>;

// "2 free twice", a line a finding.
std::string found(const Pages& pages, bool at_rest = true) {
  std::string text;
  for (const PageFinding& finding : look_at_pages(pages, at_rest).findings)
    text += std::to_string(finding.block) + " " + std::string{problem_name(finding.problem)} + "\n";
  return text;
}

TEST(RacePages, TheRecordIsReadWhereLinuxHasIt) {
  std::array<std::uint8_t, page_record_size> bytes{};
  bytes[7] = 0x20;   // flags
  bytes[15] = 0x01;  // head
  bytes[31] = 0x02;  // mapping
  bytes[47] = 0x03;  // private
  bytes[48] = 0xf0;
  bytes[55] = 0x04;
  const PageRecord one = parse_page_record(bytes);
  EXPECT_EQ(one.flags, 0x20u);
  EXPECT_EQ(one.head, 1u);
  EXPECT_EQ(one.mapping, 2u);
  EXPECT_EQ(one.extra, 3u);
  EXPECT_EQ(one.type, free_type);
  EXPECT_EQ(one.references, 4);
}

TEST(RacePages, OfSoundPagesNothingIsSaid) {
  constexpr std::uint64_t swap = 1 << 17 | 1 << 10;
  PageRecord slab = page();
  slab.type = slab_type;
  PageRecord tail;
  tail.head = 0x1001;
  tail.references = 0;
  tail.flags = lru;
  const PageRecord in_free_block;
  const Pages pages{free_block(1),
                    in_free_block,
                    page(),
                    slab,
                    tail,
                    std::nullopt,
                    listed(file, unmapped, 1),
                    listed(file, 2, 4),                  // mapped three times
                    listed(file, unmapped, 2, 1 << 14),  // with buffers
                    listed(anonymous, 0, 1),
                    listed(anonymous, 0, 2, swap),
                    listed(anonymous, unmapped, 1, swap)};
  EXPECT_EQ(found(pages), "");
  const PageLook look = look_at_pages(pages, true);
  EXPECT_EQ(look.pages, 11u);
  EXPECT_EQ(look.free, 2u);
  EXPECT_EQ(look.listed, 6u);
}

TEST(RacePages, AFreePageThatIsReferencedOrInUse) {
  PageRecord head = free_block(2);
  PageRecord second;
  second.references = 1;
  PageRecord third;
  third.flags = lru;
  const PageRecord behind = page();
  EXPECT_EQ(found({head, second, third, PageRecord{}, behind}, false),
            "1 free and referenced\n2 free and in use\n");
  head.references = -1;
  EXPECT_EQ(found({head, {}, {}, {}}, false), "0 free and referenced\n");
}

TEST(RacePages, AFreePageWithinAFreeBlock) {
  EXPECT_EQ(found({free_block(2), PageRecord{}, free_block(0), PageRecord{}, free_block(0)}, false),
            "2 free twice\n");
}

TEST(RacePages, CountersBelowZero) {
  PageRecord references = page();
  references.references = -1;
  PageRecord mappings = page();
  mappings.type = 0xfffffffe;
  PageRecord slab = page();
  slab.type = slab_type;
  slab.references = -1;  // another use of the word
  EXPECT_EQ(found({references, mappings, slab}, false),
            "0 fewer than 0 references\n1 fewer than 0 mappings\n");
}

TEST(RacePages, AtRestEachReferenceHasAnOwner) {
  const Pages pages{listed(file, unmapped, 0), listed(0, unmapped, 1), listed(anonymous, unmapped, 1),
                    listed(file, unmapped, 2), listed(anonymous, 0, 2)};
  EXPECT_EQ(found(pages),
            "0 on a list without a reference\n1 on a list without an owner\n2 on a list without an owner\n"
            "3 a reference is left\n4 a reference is left\n");
  EXPECT_EQ(found(pages, false), "") << "somebody may be about to give it back";
  for (const unsigned flag : {0U, 1U, 19U})
    EXPECT_EQ(found({listed(file, unmapped, 2, std::uint64_t{1} << flag)}), "") << "on its way";
}

TEST(RacePages, WhatWasThereBeforeIsNotNew) {
  const Pages before{listed(file, unmapped, 2), listed(file, unmapped, 1)};
  const Pages after{listed(file, unmapped, 3), listed(file, unmapped, 2)};
  const auto fresh = new_findings(look_at_pages(after, true).findings, look_at_pages(before, true).findings);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(fresh[0].block, 1u);
}

TEST(RacePages, TheOracleKnowsWhatIsTold) {
  const auto findings = look_at_pages(Pages{listed(file, unmapped, 2)}, true).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(signature(describe(findings[0]) + "\n"), "corruption: struct page: a reference is left");
}

}  // namespace
}  // namespace cmma::race
