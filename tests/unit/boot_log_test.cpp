// How the machine's messages tell that a guest has failed.
#include "cli/boot_log.hpp"

#include <gtest/gtest.h>

namespace cmma::cli {
namespace {

MachineLog log_of(std::initializer_list<const char*> lines) {
  MachineLog log{true};
  for (const char* line : lines) log.classify(line);
  return log;
}

TEST(MachineLog, DisabledWaitIsToldWithItsPsw) {
  const auto log =
      log_of({"HHCCP011I CPU0001: Disabled wait state", "          PSW=00020001 80000000 0000000000000FFF",
              "HHCIN910I Hercules ends with exit status 1"});
  EXPECT_EQ(log.guest_failure(), "disabled wait of CPU0001, PSW=00020001 80000000 0000000000000FFF");
}

TEST(MachineLog, ProgramInterruptLoopIsToldWithItsPsw) {
  const auto log =
      log_of({"HHCCP016I CPU0000: Program interrupt loop: PSW=00000001 80000000 0000000000000001"});
  EXPECT_EQ(log.guest_failure(), "program interrupt loop of CPU0000, PSW=00000001 80000000 0000000000000001");
}

TEST(MachineLog, TheLastFailureCounts) {
  const auto log =
      log_of({"HHCCP011I CPU0001: Disabled wait state", "HHCCP011I CPU0000: Disabled wait state", "  PSW=2"});
  EXPECT_EQ(log.guest_failure(), "disabled wait of CPU0000, PSW=2");
}

TEST(MachineLog, TheRaceEngineHasStoppedIt) {
  const auto log = log_of({"HHCCM036S race: at instruction 5, behind event 1: here"});
  EXPECT_EQ(log.guest_failure(), "stopped by the race engine: race: at instruction 5, behind event 1: here");
}

TEST(MachineLog, AMachineThatEndsByItselfHasNoGuestThatFailed) {
  const auto log =
      log_of({"HHCCP003I CPU0000 architecture mode z/Arch", "HHCIN910I Hercules ends with exit status 1"});
  EXPECT_EQ(log.guest_failure(), "");
  EXPECT_TRUE(log.announced_end());
}

}  // namespace
}  // namespace cmma::cli
