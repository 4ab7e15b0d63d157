// The host: owns main storage, its state bytes, the frames and the paging store.
//
// Who may call it: the C ABI (abi.cpp) and the tests. What each public function does, and who may call it
// when, is said in cmma/cmma.h; here they have the same names without the prefix.
//
// Threads: `mutex_` guards everything but the state bytes, the counters and the flags that are atomic.
// A state byte changes by compare-and-swap. Without the mutex only these changes are made: ESSA on a block
// that is resident or logically zero and needs no work done, and clearing OLD. Whoever has the mutex must
// expect them, and therefore fills a frame first and publishes it after (H3).
//
// Invariants
//   H1  Outside the mutex, the blocks in content state r are exactly those that have a frame, and their
//       number plus that of the ghosts is frames_.used().
//   H2  A block in content state p has its slot in the paging store in use; one in content state z has not.
//   H3  A block's memory is complete before its state byte says r, and is taken away only after the state
//       byte has ceased to say r.
//   H4  With the mutex held nobody touches main storage but that of a block in content state r, so the
//       pager, who needs the mutex, is never waited for.
//   H5  The machine is not told anything that may make it wait (message, fail, quiesce, request_reclaim)
//       with the mutex held.
#ifndef CMMA_HOST_HOST_HPP
#define CMMA_HOST_HOST_HPP

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cmma/cmma.h"
#include "host/audit.hpp"
#include "host/frames.hpp"
#include "host/invariants.hpp"
#include "host/options.hpp"
#include "host/os.hpp"
#include "host/paging_store.hpp"
#include "host/policy/policy.hpp"
#include "record/counters.hpp"
#include "record/event.hpp"
#include "record/history.hpp"
#include "record/report.hpp"
#include "record/trace.hpp"
#include "state/transitions.hpp"

namespace cmma::host {

using state::Byte;
using Block = std::uint64_t;

inline constexpr std::array<std::uint8_t, CMMA_BLOCK_SIZE> zeros{};

class Host {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Host>, std::string> open(std::string_view options,
                                                                              std::uint64_t bytes,
                                                                              const cmma_machine& machine,
                                                                              std::unique_ptr<Os> os);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  // Write what the options ask for. Messages say what could not be written.
  void write_reports();

  [[nodiscard]] std::uint8_t* storage() const { return storage_; }
  [[nodiscard]] std::uint8_t* states() { return states_.data(); }

  [[nodiscard]] cmma_result access(std::uint64_t address, int cpu);
  [[nodiscard]] cmma_result essa(int cpu, std::uint64_t r2, unsigned orc, std::uint64_t& r1);
  [[nodiscard]] cmma_result read(std::uint64_t address, std::span<std::uint8_t> to, std::size_t& done);
  [[nodiscard]] cmma_result write(std::uint64_t address, std::span<const std::uint8_t> from,
                                  std::size_t& done);
  [[nodiscard]] bool reclaim_wanted() const { return wanted_.load(std::memory_order_relaxed); }
  void reclaim(int cpu);
  [[nodiscard]] cmma_result release(int cpu, Block first, Block last);
  void reset(bool clear);

  // See cmma_forked.
  [[nodiscard]] std::expected<void, std::string> forked();

  // The answer to an operator's command; the bool is whether it could be done.
  struct Answer {
    bool done = true;
    std::string text;  // lines, each with its newline
  };
  [[nodiscard]] Answer command(std::string_view line);

  // One action on one block, at an instruction boundary of every CPU. A state that does not allow it is the
  // obstacle, in words for the user; nothing has been done then.
  struct Acted {
    std::optional<std::string> obstacle;
    Byte before = 0;
    Byte after = 0;
  };
  [[nodiscard]] Acted act(state::HostAction action, Block block);

  // Copy the content of main storage, wherever the host has it, and change nothing. False: the range leaves
  // main storage, or a part of it has no content.
  [[nodiscard]] bool peek(std::uint64_t address, std::span<std::uint8_t> to);

  // ---- uses.cpp: for the race engine of a deterministic machine, with a policy that has no use for OLD ----
  // From now on uses of blocks by CPUs and channels are noted where the host is asked.
  void note_uses();
  // Those since the last call, in their order.
  [[nodiscard]] std::vector<Block> take_uses();
  // If the block could be discarded: makes it old, so that its next use is noted once the CPUs have forgotten
  // where it is. False if it could not.
  [[nodiscard]] bool expect_use(Block block);

  // ---- for reports and tests ----
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::uint64_t blocks() const { return states_.size(); }
  [[nodiscard]] const Frames& frames() const { return frames_; }
  [[nodiscard]] const record::Counters& counters() const { return counters_; }
  [[nodiscard]] std::span<const Byte> state_bytes() const { return states_; }
  [[nodiscard]] std::uint64_t slots_in_use();
  // T1, T2, F1, H1 and H2 of every block: the first that is broken. No CPU may be in a host call.
  [[nodiscard]] std::optional<Broken> look_at_all();
  // Likewise; ends the process if one is broken.
  void check_invariants();

  // ---- invariants=on, otherwise nothing (invariants.hpp). At an instruction boundary. ----
  void see_essa(Block block, unsigned orc);  // the instruction is completed
  void see_key_set(Block block);
  // A discard fault for this block left `what` of the CPU changed. When the fault is taken.
  void see_not_nullified(Block block, std::uint64_t instruction, std::string_view what);
  // What was broken first.
  [[nodiscard]] std::optional<Broken> broken() const;

 private:
  Host(Options options, std::uint64_t blocks, const cmma_machine& machine, std::unique_ptr<Os> os);

  // The mutex, and with its end the delivery of what the machine must be told (H5).
  class Section {
   public:
    explicit Section(Host& host) : host_(host), lock_(host.mutex_) {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      if (!host_.messages_.empty() || !host_.fail_line_.empty()) [[unlikely]]
        deliver();
    }

   private:
    void deliver();

    Host& host_;
    std::unique_lock<std::mutex> lock_;
  };

  // ---- host.cpp ----
  [[nodiscard]] Byte load(Block block) const;
  [[nodiscard]] bool swap(Block block, Byte from, Byte to);
  [[nodiscard]] std::span<std::uint8_t> content(Block block, std::uint64_t count = 1);
  void say(std::string line);
  void give_up(std::string line);
  void note(record::EventKind kind, Block block, Byte from, Byte to, int cpu, unsigned detail = 0);
  void see_cpu(int cpu);
  // So many events that changed where blocks are; with the mutex held. `cpu` is the CPU that is in the host.
  void tick(std::uint64_t events, int cpu);
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }

  // ---- watched.cpp ----
  void watch(record::EventKind kind, Block block, Byte from, Byte to, unsigned detail);

  // ---- supply.cpp: frames for blocks that have none ----
  enum class Supplied : std::uint8_t {
    done,      // the state byte has its new value
    changed,   // another thread changed the state byte; nothing was done
    no_frame,  // room must be made first
    failed,    // the machine is told to stop
  };
  // Give `block`, whose state byte is `from`, a frame with the content that `access` asks for, and publish
  // `to`. With the mutex held.
  // `spare`: the last frames may be taken (F2).
  [[nodiscard]] Supplied supply(Block block, Byte from, Byte to, state::Access access, int cpu,
                                bool spare = false);
  [[nodiscard]] bool fill(Block block, state::Access access);
  void take_back(Block block);
  void release_ghost(Block block);
  void release_ghosts();
  [[nodiscard]] bool runs_low() const { return frames_.low() && !exhausted_; }
  void ask_for_reclaim(int cpu);

  // ---- reclaim.cpp: frames from blocks that have one ----
  class View;
  [[nodiscard]] bool make_room(int cpu);
  std::size_t take_some(std::size_t want, Urgency urgency, bool in_instruction);
  std::size_t take_away(std::vector<Block>& victims);
  [[nodiscard]] bool leave_without_write(Block block);
  void write_out(std::span<const Block> run);
  void finish_taking();
  void take_due();

  // ---- essa.cpp ----
  [[nodiscard]] cmma_result essa_locked(int cpu, Block block, unsigned orc, std::uint64_t& r1);
  void note_due(Block block, Byte now, int cpu);

  // ---- audited.cpp: what the guest records of a block that is discarded ----
  void audit(Block block);
  [[nodiscard]] std::uint64_t word_at(std::uint64_t address);
  // The content of a block, in main storage or in `page_`; empty if it has none.
  [[nodiscard]] std::span<const std::uint8_t> content_of(Block block);
  [[nodiscard]] bool peek_locked(std::uint64_t address, std::span<std::uint8_t> to);

  // ---- channel.cpp ----
  template <typename Copy>
  cmma_result copy(std::uint64_t address, std::size_t length, std::size_t& done, Copy copy_part);

  // ---- pager.cpp ----
  void pager();
  void resolve_stray(Block block);

  // ---- act.cpp ----
  // What stands in the way; nothing if it has been done. With the mutex held and the machine quiesced.
  [[nodiscard]] std::optional<std::string> act_locked(std::string_view verb, Block block);

  // ---- command.cpp ----
  [[nodiscard]] Answer act_on(std::string_view verb, Block block);
  [[nodiscard]] std::string describe(Block block);
  [[nodiscard]] Answer option_value(std::string_view name);

  // ---- report.cpp ----
  // The values that options have, defaults included. They do not change; no mutex is needed.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> options_in_force() const;
  [[nodiscard]] record::Report report();  // with the mutex held
  void mark(std::string label);
  // What a Linux guest has logged (linux/kernel_log.hpp). With the mutex held.
  [[nodiscard]] std::expected<std::string, std::string> kernel_log();
  [[nodiscard]] std::uint64_t instructions() const;  // with the mutex held

  Options options_;  // changes in forked() only
  const cmma_machine machine_;
  const std::unique_ptr<Os> os_;
  std::vector<Byte> states_;
  std::uint8_t* storage_ = nullptr;
  record::Counters counters_;
  // takes_at_once() of the policy by pair and change bit, so that ESSA can ask without the mutex.
  std::array<std::uint8_t, 16> at_once_{};
  std::unique_ptr<record::TraceWriter> trace_;
  std::unique_ptr<Invariants> invariants_;  // null: they are not looked at

  bool notes_uses_ = false;  // does not change while the machine runs on several threads
  std::vector<Block> uses_;

  std::atomic<bool> wanted_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int> last_cpu_{-1};  // the highest CPU number that has called

  std::mutex mutex_;
  // The rest is guarded by the mutex.
  Frames frames_;
  PagingStore store_;
  std::unique_ptr<Policy> policy_;
  Audit audit_;
  std::vector<Block> ghosts_;   // blocks with memory that their state byte does not own up to (pager.cpp)
  std::vector<Block> due_;      // blocks that the policy wants taken at once
  bool due_all_ = false;        // there were too many to list: look at all
  bool exhausted_ = false;      // the policy had nothing to offer, and no frame has become free since
  std::vector<Block> victims_;  // of the round under way
  std::vector<Block> gone_;     // have left by their state bytes; their memory is still to be released
  std::vector<std::uint8_t> page_;
  std::vector<record::Mark> marks_;
  record::Sampler sampler_;
  std::vector<std::string> messages_;
  std::string fail_line_;

  std::thread pager_;
};

}  // namespace cmma::host
#endif
