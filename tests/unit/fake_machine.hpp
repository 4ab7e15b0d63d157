// A machine whose instructions are function calls, as the host sees one.
//
// Who uses it: the unit tests of the host and the fuzzers, most of them through host_rig.hpp.
#ifndef CMMA_TESTS_FAKE_MACHINE_HPP
#define CMMA_TESTS_FAKE_MACHINE_HPP

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <string>
#include <vector>

#include "cmma/cmma.h"

namespace cmma::test {

// CPUs are threads that call `instruction`. A state byte is looked at for each access, so no CPU holds a
// translation beyond an instruction.
class FakeMachine {
 public:
  explicit FakeMachine(std::uint64_t blocks) : changed_(blocks), exempt_(blocks) {}

  // Run `body` as one instruction: nothing is taken away meanwhile, unless it asks for a frame itself.
  template <typename Body>
  void instruction(Body body) {
    running_.lock_shared();
    in_instruction() = true;
    body();
    in_instruction() = false;
    running_.unlock_shared();
  }

  void set_changed(std::uint64_t block, bool on = true) { changed_.at(block).value.store(on); }
  [[nodiscard]] bool is_changed(std::uint64_t block) const { return changed_.at(block).value.load(); }
  void set_exempt(std::uint64_t block, bool on = true) { exempt_.at(block).value.store(on); }

  [[nodiscard]] cmma_machine table() {
    return {.context = this,
            .changed = [](void* self, std::uint64_t block) { return of(self).is_changed(block) ? 1 : 0; },
            .reset_reference_change =
                [](void* self, std::uint64_t block) {
                  of(self).set_changed(block, false);
                  ++of(self).key_resets;
                },
            .exempt = [](void* self,
                         std::uint64_t block) { return of(self).exempt_.at(block).value.load() ? 1 : 0; },
            .quiesce = [](void* self, int cpu) { of(self).quiesce(cpu); },
            .resume = [](void* self, int cpu) { of(self).resume(cpu); },
            .request_reclaim = [](void* self, int) { ++of(self).reclaim_requests; },
            .instructions = [](void*, int cpu) { return 100 + static_cast<std::uint64_t>(cpu); },
            .message =
                [](void* self, const char* line) {
                  of(self).messages.emplace_back(line);
                  ++of(self).message_count;
                },
            .fail =
                [](void* self, const char* line) {
                  of(self).failures.emplace_back(line);
                  ++of(self).failure_count;
                },
            .event = [](void* self, int, unsigned, std::uint64_t block, unsigned,
                        unsigned to) { of(self).last_event = block << 8 | to; }};
  }

  std::atomic<int> key_resets{0};
  std::atomic<int> reclaim_requests{0};
  std::atomic<int> quiesces{0};
  // A message of the pager may come at any time: look at its count first.
  std::atomic<std::size_t> message_count{0};
  std::atomic<std::uint64_t> last_event{0};  // block << 8 | new state byte
  std::atomic<std::size_t> failure_count{0};
  std::vector<std::string> messages;
  std::vector<std::string> failures;

 private:
  struct Flag {
    std::atomic<bool> value{false};
  };

  static FakeMachine& of(void* self) { return *static_cast<FakeMachine*>(self); }
  static bool& in_instruction() {
    static thread_local bool flag = false;
    return flag;
  }

  void quiesce(int) {
    if (in_instruction()) running_.unlock_shared();
    running_.lock();
    ++quiesces;
  }

  void resume(int) {
    running_.unlock();
    if (in_instruction()) running_.lock_shared();
  }

  std::vector<Flag> changed_;
  std::vector<Flag> exempt_;
  std::shared_mutex running_;
};

}  // namespace cmma::test
#endif
