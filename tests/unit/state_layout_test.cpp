// The layout of the state byte: as in the C ABI, and as text.
#include <gtest/gtest.h>

#include "cmma/cmma.h"
#include "state/block_state.hpp"

namespace cmma::state {
namespace {

TEST(StateLayout, IsThatOfTheAbi) {
  EXPECT_EQ(content_mask, CMMA_STATE_CONTENT);
  EXPECT_EQ(usage_mask, CMMA_STATE_USAGE);
  EXPECT_EQ(pair_mask, CMMA_STATE_CONTENT | CMMA_STATE_USAGE);
  EXPECT_EQ(nodat_bit, CMMA_STATE_NODAT);
  EXPECT_EQ(essa_mask, CMMA_STATE_ESSA);
  EXPECT_EQ(old_bit, CMMA_STATE_OLD);
  EXPECT_EQ(guarded_bit, CMMA_STATE_GUARDED);
  EXPECT_EQ(attention_mask, CMMA_STATE_ATTENTION);
}

// I6: Up, Pp, Pz, Vp and everything with the reserved content code never occur.
TEST(StateLayout, EightPairsAreValid) {
  constexpr std::array<bool, 16> valid{true, false, true,  true,  true, false, false, true,
                                       true, false, false, false, true, false, false, true};
  for (unsigned byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(is_valid_pair(static_cast<Byte>(byte)), valid.at(byte & 15)) << byte;
  }
}

TEST(StateLayout, TextAndBack) {
  EXPECT_EQ(to_text(0x00), "Sr");
  EXPECT_EQ(to_text(0x0f), "Vz");
  EXPECT_EQ(to_text(0x87), "Uzg");
  EXPECT_EQ(to_text(0x60), "SrNo");
  EXPECT_EQ(to_text(0x06), "??");
  for (const Pair pair : all_pairs) {
    for (const unsigned marks : {0x00U, 0x20U, 0x40U, 0x60U, 0x80U, 0xa0U, 0xc0U, 0xe0U}) {
      const auto byte = static_cast<Byte>(byte_of(pair) | marks);
      EXPECT_EQ(parse(to_text(byte)), byte);
    }
  }
}

TEST(StateLayout, ParseRefuses) {
  for (const char* text : {"", "S", "Up", "Vp", "Pp", "Pz", "sr", "Srx", "SroN", "SrNN", "Sr ", "??"}) {
    EXPECT_EQ(parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cmma::state
