// CPUs, a channel and an operator on the same blocks at the same time, with the invariants of the guest as
// the oracle. Each CPU owns the content of its own blocks and knows what it wrote last; everybody else may
// take any block away.
//   I1  a stable block never loses its content
//   I2  a read of a volatile block gives what was written last, or the access is refused
//   I3  a completed write to a potentially volatile block is never lost
//   I4  ORC 6 that does not find Vz leaves a stable block with its content
//   I6  Up, Vp, Pp and Pz are never seen
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "host_rig.hpp"

namespace cmma::test {
namespace {

using state::Pair;
using state::Usage;

constexpr std::uint64_t blocks = 96;
constexpr int cpus = 3;
constexpr int steps = 4000;

// What one CPU knows of one of its blocks.
struct Known {
  std::uint64_t value = 0;
  Usage usage = Usage::stable;
  bool written = false;  // since the usage was set, so the change bit is on
};

class Cpu {
 public:
  Cpu(Rig& rig, int number) : rig_(rig), number_(number), random_(static_cast<unsigned>(number) + 1) {}

  void run() {
    for (int step = 0; step < steps; ++step) {
      const std::uint64_t block = random_() % (blocks / cpus) * cpus + static_cast<std::uint64_t>(number_);
      rig_.machine.instruction([&] { one(block, known_[block]); });
      if (rig_->reclaim_wanted()) rig_->reclaim(number_);
    }
  }

 private:
  void one(std::uint64_t block, Known& known) {
    switch (random_() % 6) {
      case 0:
        return set_usage(block, known);
      case 1:
        return take_back(block, known);
      case 2:
      case 3:
        return store(block, known);
      default:
        return fetch(block, known);
    }
  }

  std::uint64_t* words(std::uint64_t block) { return reinterpret_cast<std::uint64_t*>(rig_.at(block)); }

  // The content may be gone: the guest notices and starts afresh with zeros.
  void start_afresh(std::uint64_t block, Known& known) {
    essa(block, 1);
    known = {};
    ASSERT_EQ(access(block), CMMA_DONE);
    for (const int word : {0, 511}) words(block)[word] = 0;
  }

  void set_usage(std::uint64_t block, Known& known) {
    const unsigned orc = 2 + static_cast<unsigned>(random_() % 3);
    rig_.machine.set_changed(block, false);  // SSKE
    const auto old = static_cast<state::Byte>(essa(block, orc));
    const bool was_lost = state::is_discarded(old) || state::pair_of(old) == Pair::Uz;
    ASSERT_FALSE(was_lost && known.usage == Usage::stable) << "I1";
    known.usage = orc == 2 ? Usage::unused : orc == 3 ? Usage::volatile_ : Usage::potential;
    known.written = false;
  }

  void take_back(std::uint64_t block, Known& known) {
    if (known.usage == Usage::unused) return start_afresh(block, known);
    const auto old = static_cast<state::Byte>(essa(block, 6));
    if (state::is_discarded(old)) {
      ASSERT_NE(known.usage, Usage::stable) << "I1";
      ASSERT_FALSE(known.written && known.usage == Usage::potential) << "I3";
      return start_afresh(block, known);
    }
    known.usage = Usage::stable;
    fetch(block, known);  // I4
  }

  void store(std::uint64_t block, Known& known) {
    if (known.usage == Usage::unused) return start_afresh(block, known);
    if (const cmma_result result = access(block); result != CMMA_DONE) return refused(block, known, result);
    known.value = random_();
    known.written = true;
    rig_.machine.set_changed(block);
    for (const int word : {0, 511}) words(block)[word] = known.value;
  }

  void fetch(std::uint64_t block, Known& known) {
    const cmma_result result = access(block);
    if (known.usage == Usage::unused) return;
    if (result != CMMA_DONE) return refused(block, known, result);
    for (const int word : {0, 511}) ASSERT_EQ(words(block)[word], known.value) << "I1, I2, I3";
  }

  void refused(std::uint64_t block, Known& known, cmma_result result) {
    ASSERT_EQ(result, CMMA_DISCARDED);
    ASSERT_NE(known.usage, Usage::stable) << "I1";
    ASSERT_FALSE(known.written && known.usage == Usage::potential) << "I3";
    start_afresh(block, known);
  }

  cmma_result access(std::uint64_t block) {
    const cmma_result result = rig_.access(block, number_);
    EXPECT_NE(result, CMMA_FAILED);
    EXPECT_TRUE(state::is_valid_pair(rig_.byte(block))) << "I6";
    return result;
  }

  std::uint64_t essa(std::uint64_t block, unsigned orc) {
    const std::uint64_t r1 = rig_.essa(block, orc, number_);
    EXPECT_TRUE(state::is_valid_pair(static_cast<state::Byte>(r1))) << "I6";
    return r1;
  }

  Rig& rig_;
  const int number_;
  std::mt19937_64 random_;
  std::array<Known, blocks> known_{};
};

struct Setting {
  const char* options;
  bool real_os;
};

class HostRace : public testing::TestWithParam<Setting> {};

TEST_P(HostRace, TheGuestSeesWhatItMaySee) {
  Rig rig(GetParam().options, blocks, GetParam().real_os);
  std::atomic<bool> stop{false};
  std::vector<Cpu> all;
  for (int cpu = 0; cpu < cpus; ++cpu) all.emplace_back(rig, cpu);

  std::thread channel([&] {
    std::mt19937_64 random(99);
    // What the CPUs do not store into: a guest whose CPU and channel race gets what it asked for.
    std::vector<std::uint8_t> buffer(block_size - 16);
    while (!stop) {
      std::size_t done = 0;
      const cmma_result result = rig->read(random() % blocks * block_size + 8, buffer, done);
      EXPECT_NE(result, CMMA_FAILED);
      std::this_thread::yield();
    }
  });
  std::thread operator_thread([&] {
    std::mt19937_64 random(77);
    const char* const verbs[] = {"evict", "pagein", "discard", "block"};
    while (!stop) {
      (void)rig.command(verbs[random() % 4], random() % blocks);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> threads;
  for (Cpu& cpu : all) threads.emplace_back([&cpu] { cpu.run(); });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  channel.join();
  operator_thread.join();
  rig->check_invariants();
  EXPECT_TRUE(rig.machine.failures.empty()) << rig.machine.failures.front();
  EXPECT_EQ(rig->counters().get(record::Counter::stray_errors), 0u);
}

// The frames must hold what cannot be taken away in the middle of an instruction: see make_room().
INSTANTIATE_TEST_SUITE_P(All, HostRace,
                         testing::Values(Setting{"frames=256K,policy=clock", false},
                                         Setting{"frames=256K,policy=state-first", false},
                                         Setting{"frames=256K,policy=random,seed=3", false},
                                         Setting{"frames=256K,policy=storm", false},
                                         Setting{"frames=384K,policy=storm", false},
                                         Setting{"frames=256K,policy=clock", true},
                                         Setting{"frames=256K,policy=storm", true}));

}  // namespace
}  // namespace cmma::test
