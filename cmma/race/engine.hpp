// The race engine: follows a run event by event, and does what the scenario says.
//
// Who may call it: the C ABI (race/abi.cpp) and tests. What a call means is said in cmma/race.h.
//
// Threads: one. Invariants
//   G1  Each time that a trigger fires it is counted as done or as refused, and a refusal has its reason.
//   G2  The steps are what was done, in order; as a schedule they do the same in the same run.
//   G3  watch() lets through every address at which a trigger that can still fire wants to be told, and lists
//       every block of which it does, and DAT tables.
//   G4  A switch that ends by itself ends: a CPU that spins without events has no more than hold_limit.
#ifndef CMMA_RACE_ENGINE_HPP
#define CMMA_RACE_ENGINE_HPP

#include <array>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmma/race.h"
#include "host/host.hpp"
#include "race/interleaving.hpp"
#include "race/pages.hpp"
#include "race/scenario.hpp"
#include "race/symbols.hpp"
#include "race/uses.hpp"

namespace cmma::race {

class Engine {
 public:
  // `symbols` may be null if no trigger names one. An error is one line, with file and line of the trigger.
  [[nodiscard]] static std::expected<std::unique_ptr<Engine>, std::string> open(
      Scenario scenario, std::unique_ptr<Symbols> symbols, host::Host& host, const cmma_control& control);

  // Other triggers from now on. On an error nothing is changed.
  [[nodiscard]] std::expected<void, std::string> plan(Scenario scenario);

  void event(const cmma_event& event);
  void accessed(const cmma_use& access);
  void address(int cpu, std::uint64_t address, std::uint64_t instructions);
  void reached(int cpu, std::uint64_t instructions);
  // The guest has ended: what can be looked at then only.
  void finish();
  [[nodiscard]] const cmma_watch& watch() const { return watch_; }
  // Looks at the struct pages of a Linux guest whose symbols are there: what is wrong now is not what this
  // run did.
  void note_pages();
  // The same at the end of the run: what is wrong that was not is told. `at_rest`: all CPUs have stopped by
  // themselves.
  void check_pages(bool at_rest);

  // ---- what happened ----
  struct Tally {
    std::uint64_t reached = 0;  // its place, with all its conditions
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
    bool missed = false;  // the run got past its point
  };
  [[nodiscard]] Tally tally(std::size_t trigger) const;
  [[nodiscard]] Scenario schedule() const;  // G2
  // The file that the scenario wants, and what is to be in it. Empty: none.
  [[nodiscard]] const std::string& uses_file() const { return scenario_.uses; }
  [[nodiscard]] std::string uses() const { return recorder_ ? write_uses(recorder_->intervals()) : ""; }
  [[nodiscard]] std::string interleaving() const { return story_.as_text(symbols_.get()); }
  // Function and offset; empty if there is none, or there are no symbols.
  [[nodiscard]] std::string name_of(std::uint64_t address) const {
    return symbols_ == nullptr ? std::string{} : symbols_->name_of(address);
  }
  // A line a trigger.
  [[nodiscard]] std::vector<std::string> summary() const;

 private:
  static constexpr int cpu_limit = 8;
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  // A CPU that has run alone for so many instructions without an event waits for another (G4).
  static constexpr std::uint64_t hold_limit = 200'000;

  struct Armed {
    Trigger trigger;
    std::optional<std::uint64_t> address;  // of `at`
    std::optional<std::uint64_t> until;
    std::optional<std::size_t> after;
    bool numbered = false;  // see is_numbered
    Tally tally;
    [[nodiscard]] std::uint64_t fired() const { return tally.done + tally.refused; }
  };
  // Where the run is.
  struct Now {
    int cpu = CMMA_NOT_A_CPU;
    std::uint64_t instructions = 0;
    std::uint64_t last_event = 0;
    int event_cpu = CMMA_NOT_A_CPU;  // whose event that was, and when
    std::uint64_t event_instructions = 0;
    bool drawn = false;  // the CPU has been drawn to go on, and is about to execute
    std::uint64_t address = 0;
    const cmma_event* event = nullptr;  // while its triggers fire
  };
  struct Hold {
    int cpu = CMMA_NOT_A_CPU;
    std::uint64_t stay = 0;
    std::optional<std::uint64_t> until;
    std::uint64_t end = 0;    // instructions; G4
    std::optional<int> back;  // who was interrupted, and goes on to his next event
  };
  using Outcome = std::expected<std::string, std::string>;  // what was done, or why not

  Engine(host::Host& host, const cmma_control& control, std::unique_ptr<Symbols> symbols)
      : host_(host), control_(control), symbols_(std::move(symbols)) {}

  [[nodiscard]] std::expected<std::vector<Armed>, std::string> arm(const Scenario& scenario) const;
  [[nodiscard]] bool waits(const Armed& armed) const;  // for the trigger of its `after`
  [[nodiscard]] bool can_fire(const Armed& armed) const;
  void pass(Armed& armed);  // its place is reached
  void check_points();
  [[nodiscard]] bool is_behind_event() const;  // and the CPU has not executed anything since
  void fire(Armed& armed);
  [[nodiscard]] Outcome act(const Armed& armed);
  [[nodiscard]] Outcome act_on_block(const Armed& armed);
  [[nodiscard]] Outcome switch_cpu(const Armed& armed);
  void end_hold();
  void end_switch();  // by itself
  void note_step(Trigger step);
  void note_switch(int cpu);
  [[nodiscard]] bool is_live(const Armed& armed) const;  // may fire in the future, and waits for nobody
  void set_watch();
  void say(const std::string& line) const { control_.message(control_.context, line.c_str()); }
  void look_for_broken(const cmma_event& event);
  void note_broken(const host::Broken& broken);
  [[nodiscard]] std::string place() const;

  // ---- events.cpp ----
  [[nodiscard]] static bool is_numbered(const Trigger& trigger);
  void list_by_event();
  void pass_events();                                // of all triggers
  void pass_event(Armed& armed, const AtEvent& at);  // its place is reached, if the event is as it wants it
  void note_event(const cmma_event& event);

  // ---- accesses.cpp ----
  [[nodiscard]] static std::expected<void, std::string> check_blocks(const Scenario& scenario);
  void stored_into_table(const cmma_use& access);
  void set_watched_blocks();

  // ---- page_walk.cpp ----
  [[nodiscard]] bool has_pages() const { return symbols_ != nullptr && symbols_->linked("vmemmap"); }
  [[nodiscard]] std::expected<PageLook, std::string> walk_pages(bool at_rest);

  // ---- blocks.cpp ----
  [[nodiscard]] std::uint64_t struct_page_size() const;
  [[nodiscard]] std::expected<std::uint64_t, std::string> block_of(const BlockChoice& choice) const;
  [[nodiscard]] std::expected<std::uint64_t, std::string> any_volatile() const;
  [[nodiscard]] std::expected<std::uint64_t, std::string> block_in_register(InRegister choice) const;
  [[nodiscard]] std::expected<std::uint64_t, std::string> block_of_page(std::uint64_t page) const;
  [[nodiscard]] std::expected<std::uint64_t, std::string> variable(std::string_view name,
                                                                   std::uint64_t offset) const;

  host::Host& host_;
  const cmma_control control_;
  const std::unique_ptr<Symbols> symbols_;
  Scenario scenario_;
  std::vector<Armed> armed_;
  std::vector<std::size_t> numbered_;     // of armed_, by nth
  std::size_t next_numbered_ = 0;         // the first of them whose event has not come
  std::vector<std::size_t> conditional_;  // of armed_: the others that are behind events
  std::uint64_t events_ = 0;              // since the plan
  std::vector<Trigger> steps_;
  Interleaving story_;
  std::string found_;  // signature of what was found; empty: nothing
  Now now_;
  std::optional<Hold> hold_;
  std::array<std::optional<std::uint64_t>, cpu_limit> last_essa_{};
  cmma_watch watch_{};
  // Instructions at which something is to be done or ended; never before watch_.deadline.
  std::uint64_t due_ = 0;
  std::vector<PageFinding> pages_before_;
  std::optional<UseRecorder> recorder_;
};

}  // namespace cmma::race
#endif
