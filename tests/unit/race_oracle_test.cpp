// Failure signatures of consoles: what is found, that it stays the same from run to run, and what is no
// failure.
#include <gtest/gtest.h>

#include "race/oracle.hpp"

namespace cmma::race {
namespace {

struct Case {
  std::string_view name;
  std::string_view console;
  std::string_view signature;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Signature : public testing::TestWithParam<Case> {};

TEST_P(Signature, IsStable) { EXPECT_EQ(signature(GetParam().console), GetParam().signature); }

INSTANTIATE_TEST_SUITE_P(
    All, Signature,
    testing::Values(
        Case{"good", "[    0.100000] Linux version 6.12\nall is well\n", ""},
        Case{"panic", "[    1.5] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n",
             "panic: Attempted to kill init! exitcode=#"},
        Case{"kasan",
             "[    2.345678][   T12] BUG: KASAN: slab-use-after-free in folio_put+0x1c/0x80\n"
             "[    2.3] Read of size 8 at addr 000003ff00001234 by task cat/77\n",
             "kasan: slab-use-after-free in folio_put"},
        Case{"warning",
             "[    9.1] ------------[ cut here ]------------\n"
             "[    9.1] WARNING: CPU: 1 PID: 77 at mm/page-states.c:812 folio_make_volatile+0x9a/0x200\n",
             "warning: mm/page-states.c: folio_make_volatile"},
        Case{"warning_without_file", "[    9.1] WARNING: CPU: 1 PID: 77 at folio_make_volatile+0x9a/0x200\n",
             "warning: folio_make_volatile"},
        Case{"bug",
             "[    9.1] kernel BUG at mm/filemap.c:171!\n"
             "[    9.1] monitor event: 0040 ilc:2 [#1]SMP \n"
             "[    9.1] CPU: 0 UID: 0 PID: 1 Comm: init\n"
             "[    9.1] Krnl PSW : 0704c00180000000 000003ffe02a3b5c (filemap_unaccount_folio+0x64/0x2f0)\n",
             "bug: mm/filemap.c in filemap_unaccount_folio"},
        Case{"oops",
             "[    3.0] Unable to handle kernel pointer dereference in virtual kernel address space\n"
             "[    3.0] Failing address: 0000000000000000 TEID: 0000000000000483\n"
             "[    3.0] Oops: 0004 ilc:3 [#1]SMP \n"
             "[    3.0] Krnl PSW : 0704e00180000000 000003ffe0123456 (memcpy+0x2/0x40)\n",
             "oops: pointer dereference in virtual kernel address space in memcpy"},
        Case{"bad page", "[    3.0] BUG: Bad page state in process kswapd0  pfn:01a2b\n",
             "corruption: BUG: Bad page state"},
        Case{"lockdep", "[    3.0] WARNING: possible recursive locking detected\n",
             "lockdep: WARNING: possible recursive locking detected"},
        Case{"sleeping",
             "BUG: sleeping function called from invalid context at include/linux/pagemap.h:1234\n",
             "bug: BUG: sleeping function called from invalid context at include/linux/pagemap.h:#"},
        Case{"soft lockup", "[   99.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:77]\n",
             "hang: BUG: soft lockup"},
        Case{"blocked", "[  245.0] INFO: task cat:77 blocked for more than 120 seconds.\n",
             "hang: task blocked"},
        Case{"checksum of a workload", "treecheck: file 17: checksum mismatch at offset 4096\n",
             "corruption: checksum mismatch"},
        Case{"worst first",
             "[    9.1] WARNING: CPU: 1 PID: 77 at mm/rmap.c:1 f+0x9a/0x200\n"
             "[    9.2] BUG: Bad page map in process cat  pte:000001 pmd:000002\n"
             "[    9.3] Kernel panic - not syncing: Fatal exception: panic_on_oops\n",
             "corruption: BUG: Bad page map"},
        Case{"a program that prints such words",
             "grep: no WARNING: here, and no Kernel panic - not syncing: \n", ""},
        Case{"carriage returns", "[    3.0] WARNING: suspicious RCU usage\r\n",
             "lockdep: WARNING: suspicious RCU usage"}));

TEST(Oracle, TheSameFailureOfTwoRunsIsOne) {
  const std::string_view one =
      "[    2.345678] BUG: KASAN: use-after-free in folio_put+0x1c/0x80\nRead of size 8 at addr 0000012a\n";
  const std::string_view other =
      "[   17.000001][  T9] BUG: KASAN: use-after-free in folio_put+0x20/0x84\nRead of size 8 at addr 77\n";
  EXPECT_EQ(signature(one), signature(other));
  EXPECT_NE(signature(one), signature("BUG: KASAN: use-after-free in folio_get+0x1c/0x80\n"));
}

TEST(Oracle, EndsThatTheConsoleDoesNotShow) {
  EXPECT_EQ(signature("", Ending::hang), "hang: no end");
  EXPECT_EQ(signature("", Ending::failed), "guest: failed without a report");
  EXPECT_EQ(signature("Kernel panic - not syncing: x\n", Ending::hang), "panic: x");
}

TEST(Oracle, FindingsHaveTheirLine) {
  const auto all =
      findings("a\n[ 1.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\nb\nKernel panic - not syncing: y");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].line, 2u);
  EXPECT_EQ(all[1].line, 4u);
  EXPECT_EQ(all[1].failure, Failure::panic);
}

TEST(Oracle, StableText) {
  EXPECT_EQ(stable_text("addr 0x3ffe01234 and 000000001a2b, f+0x1c/0x80, bad dead 12:34.5"),
            "addr # and #, f, bad dead #");
  EXPECT_EQ(stable_text("PID 77 of kswapd0"), "PID # of kswapd0");
}

}  // namespace
}  // namespace cmma::race
