// The page that `cmma report` writes: well-formed, with every figure, whatever strings the report has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>
#include <vector>

#include "page/chart.hpp"
#include "page/markup.hpp"
#include "page/page.hpp"

namespace cmma::page {
namespace {

// Empty if `html` is well-formed XML without entities of its own; otherwise what is wrong with it.
std::string fault_of(std::string_view html) {
  std::vector<std::string> open;
  std::size_t at = html.find("<html");
  if (at == std::string_view::npos) return "no root";
  while (at < html.size()) {
    if (html[at] == '&') {
      const std::string_view rest = html.substr(at);
      if (!std::ranges::any_of(std::array{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"},
                               [&](const char* entity) { return rest.starts_with(entity); }))
        return "a bare & at " + std::string{rest.substr(0, 30)};
    }
    if (html[at] != '<') {
      ++at;
      continue;
    }
    // To the end of the tag, past quoted values.
    std::size_t end = at + 1;
    for (bool quoted = false; end < html.size() && (quoted || html[end] != '>'); ++end) {
      if (html[end] == '"') quoted = !quoted;
      if (html[end] == '<') return "< inside the tag " + std::string{html.substr(at, 60)};
    }
    if (end >= html.size()) return "a tag without its end";
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    const std::string name{tag.substr(0, tag.find_first_of(" \n/", 1))};
    if (tag.starts_with('/')) {
      if (open.empty() || "/" + open.back() != tag) return "</> out of place: " + std::string{tag};
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    at = end + 1;
  }
  return open.empty() ? "" : "still open: " + open.back();
}

record::Report example() {
  const std::vector<std::uint8_t> states{0x00, 0x00, 0x02, 0x03, 0x04, 0x07, 0x08, 0x0c, 0x0f, 0x0f};
  record::Report report{.options = {{"policy", "storm"}, {"store", "paging file"}},
                        .blocks = states.size(),
                        .frames = 5,
                        .frames_used = 5,
                        .instructions = 2000};
  report.matrix = record::count_states(states);
  for (std::size_t i = 0; i < record::counter_count; ++i) report.counters.at(i) = 1000003 + 1013 * i;
  record::Sampler sampler(states.size());
  sampler.take(states, {}, 1);
  sampler.see(0, 500);
  sampler.take(states, report.counters, 4);
  sampler.see(0, 2000);
  report.history = sampler.until_now(states, report.counters, 5);
  report.map = record::map_states(states, record::fine_cells);
  report.marks.push_back(
      {.label = "half way", .frames_used = 3, .instructions = 1000, .matrix = report.matrix});
  return report;
}

TEST(Page, WellFormedAndAlone) {
  const std::string html = write_page(example(), "run.json");
  EXPECT_EQ(fault_of(html), "");
  // Nothing is asked of anybody else; the name of the XHTML namespace is a name.
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("url("), std::string::npos);
  EXPECT_EQ(html.find("@import"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(html.find("inf\""), std::string::npos);
}

TEST(Page, HasEveryFigure) {
  const record::Report report = example();
  const std::string html = write_page(report, "run.json");
  for (const char* id :
       {"states", "matrix", "addresses", "maps", "discards", "avoided", "left", "marks", "figures"})
    EXPECT_NE(html.find(std::string{"id=\""} + id + '"'), std::string::npos) << id;
  std::set<std::string> ids;
  for (std::size_t at = html.find(" id=\""); at != std::string::npos; at = html.find(" id=\"", at + 1)) {
    const std::size_t from = at + 5;
    EXPECT_TRUE(ids.insert(html.substr(from, html.find('"', from) - from)).second);
  }
  // G2: counters, with what they mean, and each pair.
  for (std::size_t i = 0; i < record::counter_count; ++i) {
    EXPECT_NE(html.find(">" + grouped(report.counters.at(i)) + "<"), std::string::npos) << i;
    EXPECT_NE(html.find(escape(record::counter_list()[i].meaning)), std::string::npos) << i;
  }
  for (const char* pair : {"Sr stable, resident", "Sp stable, preserved", "Sz stable, zero",
                           "Ur unused, resident", "Uz unused, zero", "Pr potentially volatile, resident",
                           "Vr volatile, resident", "Vz volatile, discarded"})
    EXPECT_NE(html.find("Heat map of main storage: " + std::string{pair}), std::string::npos) << pair;
  EXPECT_NE(html.find("half way"), std::string::npos);
  EXPECT_NE(html.find("paging file"), std::string::npos);
  EXPECT_NE(html.find("The host went on to the end."), std::string::npos);
}

TEST(Page, EveryChartHasATextAlternative) {
  const std::string html = write_page(example(), "run.json");
  std::size_t charts = 0;
  for (std::size_t at = html.find("<svg"); at != std::string::npos; at = html.find("<svg", at + 1)) {
    const std::string tag = html.substr(at, html.find('>', at) - at);
    EXPECT_NE(tag.find("role=\"img\""), std::string::npos);
    EXPECT_NE(tag.find("aria-label=\""), std::string::npos);
    EXPECT_EQ(tag.find("aria-label=\"\""), std::string::npos);
    ++charts;
  }
  EXPECT_EQ(charts, 4 + 8 + 8);
}

TEST(Page, HostileStringsAreText) {
  const std::string hostile = "</title><script>alert(\"1\")</script>&'\xff\x01\xed\xa0\x80";
  record::Report report = example();
  report.options = {{"policy", hostile}, {hostile, hostile}};
  report.marks.at(0).label = hostile;
  const std::string html = write_page(report, hostile);
  EXPECT_EQ(fault_of(html), "");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&quot;1&quot;)"), std::string::npos);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
}

TEST(Page, OddRuns) {
  record::Report report = example();
  report.failed = true;
  EXPECT_NE(write_page(report, "x").find("The host had to stop the machine."), std::string::npos);
  // Nothing happened at all.
  report.counters = {};
  report.history = {};
  report.map = {};
  report.marks.clear();
  report.matrix = {};
  EXPECT_EQ(fault_of(write_page(report, "x")), "");
  // Numbers that no machine has.
  report = example();
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  report.counters.fill(most);
  report.blocks = report.frames = most;
  for (auto& sample : report.history.samples) {
    sample.counters.fill(most);
    sample.matrix.blocks.at(0).fill(most);
  }
  report.history.samples.back().instructions = most;
  for (auto& cell : report.map.cells) cell.blocks.at(1).fill(most);
  EXPECT_EQ(fault_of(write_page(report, "x")), "");
}

TEST(Markup, Figures) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(rounded(0), "0");
  EXPECT_EQ(rounded(9999), "9,999");
  EXPECT_EQ(rounded(9999.7), "10 thousand");
  EXPECT_EQ(rounded(999960), "1 million");
  EXPECT_EQ(rounded(5018495662), "5.02 billion");
  EXPECT_EQ(size_of_blocks(131072), "512 MB");
  EXPECT_EQ(size_of_blocks(393216), "1.5 GB");
  EXPECT_EQ(size_of_blocks(1), "4 KB");
  EXPECT_EQ(percent(1, 0), "0 %");
  EXPECT_EQ(percent(0, 5), "0 %");
  EXPECT_EQ(percent(57, 100), "57 %");
  EXPECT_EQ(percent(1, 300), "0.3 %");
  EXPECT_EQ(percent(1, 1000000), "under 0.1 %");
}

TEST(Chart, RoundTicks) {
  const auto plain = [](double value) { return std::to_string(static_cast<int>(value)); };
  const auto ticks = round_ticks(950, 4, +plain);
  ASSERT_EQ(ticks.size(), 2);
  EXPECT_EQ(ticks.back().text, "500");
  const auto more = round_ticks(1000, 5, +plain);
  ASSERT_EQ(more.size(), 6);
  EXPECT_EQ(more.back().text, "1000");
  EXPECT_DOUBLE_EQ(more.back().at, 1);
  EXPECT_EQ(round_ticks(0, 4, +plain).size(), 1);
}

TEST(Chart, ColumnsKeepTheSum) {
  const TimeAxis time{.at = {0, 100, 100, 250, 1000}, .marks = {}};
  const std::vector<double> totals{0, 10, 15, 15, 115};
  const auto columns = in_columns(totals, time, 10);
  double sum = 0;
  for (const double amount : columns) sum += amount;
  EXPECT_NEAR(sum, 115, 1e-9);
  EXPECT_NEAR(columns.at(0), 10, 1e-9);
  EXPECT_NEAR(columns.at(1), 5, 1e-9);
  EXPECT_NEAR(columns.at(2), 100.0 * 50 / 750, 1e-9);
  EXPECT_NEAR(columns.at(9), 100.0 * 100 / 750, 1e-9);
  EXPECT_EQ(in_columns(std::vector<double>{}, TimeAxis{}, 3), (std::vector<double>{0, 0, 0}));
}

}  // namespace
}  // namespace cmma::page
