// Names of addresses and addresses of names: from a list, and from an ELF file with DWARF and without.
#include "race/symbols.hpp"

#include <gtest/gtest.h>

namespace cmma::race {
namespace {

Symbols small() {
  return Symbols({{.name = "start", .linked = 0x1000, .size = 0x20, .file = ""},
                  {.name = "twin", .linked = 0x1040, .size = 0x10, .file = "a.c"},
                  {.name = "twin", .linked = 0x1080, .size = 0x10, .file = "b.c"},
                  {.name = "label", .linked = 0x2000, .size = 0, .file = ""}},
                 0x10000000, nullptr);
}

TEST(Symbols, AddressesOfNames) {
  const Symbols symbols = small();
  EXPECT_EQ(symbols.address_of("start"), 0x10001000u);
  EXPECT_EQ(symbols.address_of("start+0x1c"), 0x1000101cu);
  EXPECT_EQ(symbols.address_of("start+4"), 0x10001004u);
  EXPECT_EQ(symbols.address_of("b.c:twin"), 0x10001080u);
  EXPECT_EQ(symbols.address_of("b.c:twin+2"), 0x10001082u);
  EXPECT_EQ(symbols.linked("start"), 0x1000u);
}

TEST(Symbols, WhatCanNotBeMeantIsRefused) {
  const Symbols symbols = small();
  EXPECT_EQ(symbols.address_of("twin").error(), "'twin' is there 2 times: a.c:twin, b.c:twin");
  EXPECT_EQ(symbols.address_of("nothing").error(),
            "there is no symbol 'nothing' (and no DWARF to find an inlined function by)");
  EXPECT_EQ(symbols.address_of("start+0x20").error(), "'start+0x20': start has 0x20 bytes only");
  EXPECT_EQ(symbols.address_of("start+3").error(), "'start+3': instructions begin at even addresses");
  EXPECT_EQ(symbols.address_of("start+x").error(), "'start+x': what is after + is not a number");
  EXPECT_EQ(symbols.address_of("a.c:12").error(),
            "'a.c:12': this vmlinux has no DWARF (build the kernel with CONFIG_DEBUG_INFO_DWARF5)");
  EXPECT_EQ(symbols.linked("twin"), std::nullopt);
}

TEST(Symbols, NamesOfAddresses) {
  const Symbols symbols = small();
  EXPECT_EQ(symbols.name_of(0x10001000), "start");
  EXPECT_EQ(symbols.name_of(0x1000101e), "start+0x1e");
  EXPECT_EQ(symbols.name_of(0x10001020), "") << "start has ended";
  EXPECT_EQ(symbols.name_of(0x10002010), "label+0x10");
  EXPECT_EQ(symbols.name_of(0x1000), "") << "not where the guest runs";
  EXPECT_EQ(symbols.line_of(0x10001000), "");
}

TEST(SymbolsOfAFile, HaveLinesAndInlinedFunctions) {
  const auto symbols = Symbols::open(CMMA_SYMBOLS_SAMPLE, std::nullopt);
  ASSERT_TRUE(symbols) << symbols.error();
  ASSERT_TRUE(symbols->has_lines());
  EXPECT_EQ(symbols->base(), 0u);
  const auto outer = symbols->address_of("outer");
  ASSERT_TRUE(outer);
  const auto line = symbols->address_of("symbols_sample.c:13");
  ASSERT_TRUE(line) << line.error();
  EXPECT_GE(*line, *outer);
  EXPECT_EQ(symbols->line_of(*line), "symbols_sample.c:13");
  EXPECT_TRUE(symbols->name_of(*line).starts_with("outer")) << symbols->name_of(*line);
  const auto inlined = symbols->address_of("twice");
  ASSERT_TRUE(inlined) << inlined.error();
  EXPECT_EQ(symbols->line_of(*inlined), "symbols_sample.c:8 in inlined twice");
  EXPECT_EQ(symbols->address_of("symbols_sample.c:8"), *inlined);
  EXPECT_EQ(symbols->size_of("page"), 9 * sizeof(long));
  EXPECT_EQ(symbols->size_of("nothing"), std::nullopt);
  EXPECT_EQ(symbols->address_of("symbols_sample.c:2").error(),
            "'symbols_sample.c:2': no instruction comes from this line");
}

TEST(SymbolsOfAFile, WithoutDwarfHaveNoLines) {
  const auto symbols = Symbols::open(CMMA_SYMBOLS_SAMPLE_PLAIN, 0x1000);
  ASSERT_TRUE(symbols) << symbols.error();
  EXPECT_FALSE(symbols->has_lines());
  EXPECT_EQ(*symbols->address_of("outer"), 0x1000 + *symbols->linked("outer"));
  EXPECT_FALSE(symbols->address_of("symbols_sample.c:13"));
  EXPECT_EQ(symbols->size_of("page"), std::nullopt);
}

TEST(SymbolsOfAFile, MustBeElf) {
  EXPECT_EQ(Symbols::open("/nowhere/vmlinux", std::nullopt).error(),
            "/nowhere/vmlinux: No such file or directory");
  EXPECT_EQ(Symbols::open(CMMA_SOURCE_DIR "/README.md", std::nullopt).error(),
            CMMA_SOURCE_DIR "/README.md: is not an ELF file");
}

}  // namespace
}  // namespace cmma::race
