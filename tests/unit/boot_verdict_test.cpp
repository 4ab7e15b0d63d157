// What `cmma boot` makes of a run's end: its exit status, and the one line that says why.
#include "cli/boot_verdict.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "cli/subcommand.hpp"

namespace cmma::cli {
namespace {

constexpr const char* announced = "HHCIN910I Hercules ends with its guest";
constexpr const char* disabled_wait = "HHCCP011I CPU0000: Disabled wait state";

// The encoding that waitpid uses.
int exited(int status) { return status << 8; }
int died_of(int signal) { return signal; }

struct BootVerdict : testing::Test {
  Expected<int> of(std::initializer_list<const char*> lines) {
    MachineLog log{run.patched};
    for (const char* line : lines) log.classify(line);
    return verdict(run, options, log, end);
  }
  void refused(std::initializer_list<const char*> lines, int status, std::string_view text) {
    const auto got = of(lines);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().status, status);
    EXPECT_NE(got.error().text.find(text), std::string::npos) << got.error().text;
  }

  MachineRun run{.program = "hercules",
                 .patched = true,
                 .interactive = false,
                 .expects_status = false,
                 .determinism = {}};
  BootOptions options;
  MachineEnd end;
};

TEST_F(BootVerdict, AGuestThatShutsDownIsGood) { EXPECT_EQ(of({announced}), exit_good); }

TEST_F(BootVerdict, AGuestThatFailedIsToldWithHow) {
  end.wait_status = exited(exit_guest_failed);
  refused({disabled_wait, "  PSW=1", announced}, exit_guest_failed,
          "the guest failed: disabled wait of CPU0000, PSW=1");
}

TEST_F(BootVerdict, AMachineThatSaysNothingOfItsGuestHasFailedItself) {
  end.wait_status = exited(exit_guest_failed);
  refused({announced}, exit_host, "the machine ended with status 1");
  end.wait_status = exited(exit_good);
  refused({"HHCCF013S No device"}, exit_host, "its last messages:\n  HHCCF013S No device");
}

TEST_F(BootVerdict, AMachineThatDiedIsToldWithItsSignal) {
  end.wait_status = died_of(SIGSEGV);
  refused({announced}, exit_host, "the machine died (Segmentation fault)");
}

TEST_F(BootVerdict, AGuestWithoutAnEndHangs) {
  end.wait_status = exited(exit_hang);
  options.determinism.limit = 2.5;
  refused({announced}, exit_hang, "no end after 2.5 seconds of its own time");
}

TEST_F(BootVerdict, TheCommandOfRunHasToEndWell) {
  run.expects_status = true;
  refused({announced}, exit_guest_failed, "without saying how the command of --run ended");
  end.command_status = 7;
  refused({announced}, exit_guest_failed, "ended with status 7");
  end.command_status = 0;
  EXPECT_EQ(of({announced}), exit_good);
}

TEST_F(BootVerdict, AGuestThatFailedCountsBeforeItsCommand) {
  run.expects_status = true;
  end.command_status = 0;
  end.wait_status = exited(exit_guest_failed);
  refused({disabled_wait, announced}, exit_guest_failed, "the guest failed");
}

TEST_F(BootVerdict, WhatEndedItFromOutsideCountsFirst) {
  end.wait_status = died_of(SIGKILL);
  refused({"HHCCM032I gdb: killed"}, exit_guest_failed, "gdb has killed the guest");
  end.output_lost = true;
  refused({"HHCCM032I gdb: killed"}, exit_host, "cannot write the guest's console");
  end.interrupted_by = SIGTERM;
  refused({}, exit_host, "interrupted (Terminated)");
  end.timed_out = true;
  options.timeout = 30;
  refused({}, exit_timeout, "no end after 30 seconds");
}

TEST_F(BootVerdict, AnUnpatchedMachineIsJudgedByItsLog) {
  run.patched = false;
  end.wait_status = died_of(SIGTERM);  // it does not end by itself
  EXPECT_EQ(of({"CPU0000: SIGP Stop (05) CPU0000, PARM 0"}), exit_good);
  refused({disabled_wait}, exit_guest_failed, "disabled wait");
  refused({}, exit_host, "ended before its guest");
}

}  // namespace
}  // namespace cmma::cli
