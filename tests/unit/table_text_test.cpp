// The printed tables, and that the committed page is the generated one.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "state/transitions.hpp"

namespace cmma::state {
namespace {

TEST(TableText, CommittedPageIsGenerated) {
  std::ifstream file(CMMA_SOURCE_DIR "/docs/states.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), tables_as_markdown()) << "run: cmma states --markdown > docs/states.md";
}

TEST(TableText, TextHasEveryStateAndRequest) {
  const std::string text = tables_as_text();
  for (const Pair pair : all_pairs) EXPECT_NE(text.find(pair_name(byte_of(pair))), std::string::npos);
  for (unsigned orc = 0; orc < orc_count; ++orc) {
    EXPECT_NE(text.find(orc_name(orc)), std::string::npos) << orc;
  }
  EXPECT_NE(text.find("clean: Vz (drop copy); changed: Sp"), std::string::npos);
}

TEST(TableText, NamesOfEverything) {
  EXPECT_EQ(orc_name(8), "not defined");
  for (const Effect effect : {Effect::drop_copy, Effect::page_in, Effect::zero_frame}) {
    EXPECT_FALSE(effect_name(effect).empty());
  }
  EXPECT_EQ(access_name(Access::discard_fault), "discard fault");
  EXPECT_EQ(host_action_name(HostAction::supply_zero), "supply zero");
}

}  // namespace
}  // namespace cmma::state
