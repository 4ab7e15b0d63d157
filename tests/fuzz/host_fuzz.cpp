// Drives the host with random operations against the reference model of model.hpp.
//
// The input chooses options and operations. When it ends, operations are drawn from a generator seeded by
// it, so that each run does `operations` of them: `-runs=10000` is 10 million operations.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

#include "host_rig.hpp"
#include "model.hpp"

namespace cmma::fuzz {
namespace {

constexpr std::uint64_t blocks = 40;
constexpr int operations = 1000;

// Numbers from the input, and from a generator (splitmix64) when it is used up.
class Source {
 public:
  explicit Source(std::span<const std::uint8_t> input) : input_(input) {
    for (const std::uint8_t byte : input) state_ = (state_ ^ byte) * 0x100000001b3;
  }

  unsigned below(unsigned limit) { return next() % limit; }

 private:
  unsigned next() {
    if (!input_.empty()) {
      const unsigned byte = input_.front();
      input_ = input_.subspan(1);
      return byte;
    }
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return static_cast<unsigned>((z ^ z >> 31) >> 33);
  }

  std::span<const std::uint8_t> input_;
  std::uint64_t state_ = 0xcbf29ce484222325;
};

std::string draw_options(Source& source, bool& exception, bool& check) {
  static constexpr std::array policies{"clock", "state-first", "random", "storm", "none"};
  exception = source.below(2) == 0;
  check = source.below(2) == 0;
  std::string options = "seed=1,policy=" + std::string{policies.at(source.below(5))};
  options += ",frames=" + std::to_string(4 * (8 + source.below(40))) + "K";
  if (!exception) options += ",unused=zero";
  if (!check) options += ",channel=zero";
  return options;
}

class Run {
 public:
  explicit Run(Source source)
      : source_(source),
        rig_(draw_options(source_, exception_, check_), blocks),
        model_(blocks, exception_, check_) {}

  void go() {
    for (int i = 0; i < operations && !dead_; ++i) {
      one();
      if (!dead_ && has_failed()) die(Taking::between);
    }
    rig_->check_invariants();
    // I1 at the end: what the model has, the host still has.
    for (std::uint64_t block = 0; block < blocks; ++block) {
      if (model_.all[block].content == 'r') check_content(block);
    }
    require(dead_ == has_failed(), "the machine was stopped without a reason");
  }

 private:
  [[nodiscard]] bool has_failed() { return rig_.machine.failure_count != 0; }

  void one() {
    const std::uint64_t block = source_.below(blocks);
    switch (source_.below(32)) {
      case 0:
        return release(block);
      case 1:
        if (source_.below(8) != 0) return;
        return reset(source_.below(2) == 0);
      case 2:
        return command("discard", block);
      case 3:
        return command("pageout", block);
      case 4:
        return command("evict", block);
      case 5:
        return command("pagein", block);
      case 6:
        model_.all[block].changed = source_.below(2) == 0;
        return rig_.machine.set_changed(block, model_.all[block].changed);
      case 7:
        if (source_.below(4) != 0) return;
        return set_exempt(block);
      case 8:
        if (source_.below(4) != 0) return;
        return stray(block);
      case 9:
        if (source_.below(64) != 0) return;
        return spoil_store();
      case 10:
      case 11:
        return read(block);
      case 12:
      case 13:
        return write(block);
      case 14:
      case 15:
        rig_->reclaim(0);
        return observe(Taking::between);
      case 16:
      case 17:
      case 18:
      case 19:
      case 20:
      case 21:
      case 22:
        return essa(block, source_.below(10));
      case 23:
      case 24:
      case 25:
      case 26:
      case 27:
        return store(block);
      default:
        return fetch(block);
    }
  }

  std::uint64_t* words(std::uint64_t block) { return reinterpret_cast<std::uint64_t*>(rig_.at(block)); }

  void check_content(std::uint64_t block) {
    const std::uint64_t value = model_.all[block].value;
    require(words(block)[0] == value && words(block)[511] == value, "wrong data", block);
  }

  void fill(std::uint64_t block) {
    model_.all[block].value = ++last_value_;
    words(block)[0] = last_value_;
    words(block)[511] = last_value_;
  }

  // Everything the host may have done besides; at most the limit is resident.
  void observe(Taking taking) {
    std::uint64_t resident = 0;
    for (std::uint64_t block = 0; block < blocks; ++block) {
      const bool had_frame = model_.all[block].content == 'r';
      model_.observe(block, rig_.byte(block), taking);
      require(!exempt_[block] || !had_frame || model_.all[block].content == 'r', "an exempt block left",
              block);
      if (model_.all[block].content == 'r') ++resident;
      const bool guarded = (rig_.byte(block) & CMMA_STATE_GUARDED) != 0;
      require(guarded == (exception_ && model_.all[block].usage == 'U'), "guarded exactly if unused", block);
    }
    require(resident <= rig_->frames().limit(), "more blocks than frames");
  }

  // The host has stopped the machine. That is right if the store was spoilt, or no block could be taken.
  void die(Taking taking) {
    dead_ = true;
    observe(taking);
    if (spoilt_) return;
    require(rig_->frames().free() == 0, "it failed with a frame free");
    for (std::uint64_t block = 0; block < blocks; ++block) {
      const bool could =
          model_.all[block].content == 'r' && !exempt_[block] && model_.may_leave(block, taking);
      require(!could, "it failed although a block could leave", block);
    }
  }

  // Compare what the host says with the model. The block itself is not taken away by the call.
  bool check_result(cmma_result result, const ModelBlock& before, std::uint64_t block, Outcome expected,
                    Taking taking = Taking::in_instruction) {
    if (result == CMMA_FAILED) {
      model_.all[block] = before;
      die(taking);
      return false;
    }
    const cmma_result wanted = expected == Outcome::done        ? CMMA_DONE
                               : expected == Outcome::discarded ? CMMA_DISCARDED
                                                                : CMMA_UNUSED;
    require(result == wanted, "another result", block);
    return expected == Outcome::done;
  }

  bool access(std::uint64_t block) {
    const ModelBlock before = model_.all[block];
    const Outcome expected = model_.access(block);
    const bool done = check_result(rig_.access(block), before, block, expected);
    if (!dead_) observe(Taking::in_instruction);
    if (done) check_content(block);
    return done;
  }

  void fetch(std::uint64_t block) { (void)access(block); }

  void store(std::uint64_t block) {
    if (!access(block)) return;
    model_.all[block].changed = true;
    rig_.machine.set_changed(block);
    fill(block);
  }

  void essa(std::uint64_t block, unsigned orc) {
    const ModelBlock before = model_.all[block];
    const unsigned old = model_.report(block);
    std::uint64_t r1 = 0;
    const cmma_result result = rig_->essa(0, block * test::block_size, orc, r1);
    if (orc > 7) return require(result == CMMA_SPECIFICATION, "ORC not defined", block);
    model_.essa(block, orc);
    if (!check_result(result, before, block, Outcome::done)) return;
    require(r1 == old, "another result register", block);
    observe(Taking::in_instruction);
    require(model_.all[block].changed == rig_.machine.is_changed(block), "another change bit", block);
    if (model_.all[block].content == 'r') check_content(block);
  }

  void read(std::uint64_t block) {
    std::uint64_t value = 0;
    std::size_t done = 0;
    const ModelBlock before = model_.all[block];
    const Outcome expected = model_.channel(block);
    const auto bytes = std::span(reinterpret_cast<std::uint8_t*>(&value), sizeof value);
    const bool is_done = check_result(rig_->read(block * test::block_size, bytes, done), before, block,
                                      expected, Taking::between);
    require(done == (is_done ? sizeof value : 0), "another length", block);
    if (!dead_) observe(Taking::between);
    if (is_done) require(value == model_.all[block].value, "the channel read wrong data", block);
  }

  void write(std::uint64_t block) {
    const std::vector<std::uint64_t> data(512, ++last_value_);
    std::size_t done = 0;
    const ModelBlock before = model_.all[block];
    const Outcome expected = model_.channel(block);
    const auto bytes = std::span(reinterpret_cast<const std::uint8_t*>(data.data()), test::block_size);
    const bool is_done = check_result(rig_->write(block * test::block_size, bytes, done), before, block,
                                      expected, Taking::between);
    if (!dead_) observe(Taking::between);
    if (!is_done) return;
    model_.all[block].value = last_value_;
    check_content(block);
  }

  void release(std::uint64_t first) {
    const std::uint64_t last = first + source_.below(4);
    const cmma_result result = rig_->release(0, first, last);
    if (last >= blocks) return require(result == CMMA_ADDRESSING, "outside main storage", last);
    for (std::uint64_t block = first; block <= last; ++block) {
      const bool keeps = exempt_[block] && model_.all[block].content == 'r';
      model_.release(block, keeps);
      if (keeps) fill_zero(block);
    }
    observe(Taking::none);
  }

  void fill_zero(std::uint64_t block) {
    require(words(block)[0] == 0 && words(block)[300] == 0, "released, and not clear", block);
  }

  void reset(bool clear) {
    rig_->reset(clear);
    model_.reset(clear);
    observe(Taking::none);
  }

  void command(const char* verb, std::uint64_t block) {
    const ModelBlock& b = model_.all[block];
    const bool brings = std::strcmp(verb, "pagein") == 0;
    const std::uint64_t free = rig_->frames().free();
    const bool done = rig_.command(verb, block);
    if (has_failed()) return;
    if (brings) {
      const bool has_content = b.content == 'r' || b.usage == 'S';
      const bool has_frame = free > 0 || (done && ghosts_);
      require(done == (b.content == 'r' || (has_content && has_frame)), "pagein", block);
      if (done) model_.all[block].content = 'r';
      return observe(Taking::none);
    }
    const bool keeps = b.usage == 'S' || (b.usage == 'P' && b.changed);
    const bool fits = std::strcmp(verb, "evict") == 0 || keeps == (std::strcmp(verb, "pageout") == 0);
    require(done == (b.content == 'r' && fits && !exempt_[block]), verb, block);
    observe(done ? Taking::between : Taking::none);
    require(!done || b.content != 'r', "it did not leave", block);
  }

  // Few of them, or no block could leave.
  void set_exempt(std::uint64_t block) {
    rig_.machine.set_exempt(exempt_block_, false);
    exempt_[exempt_block_] = false;
    exempt_block_ = block;
    exempt_[block] = true;
    rig_.machine.set_exempt(block, true);
  }

  void stray(std::uint64_t block) {
    ModelBlock& b = model_.all[block];
    if (rig_->frames().used() == rig_->frames().limit()) return;
    const bool served = b.usage == 'S' || b.content == 'r' || (b.usage == 'U' && !exception_);
    const std::uint64_t errors = rig_->counters().get(record::Counter::stray_errors);
    const bool was_there = rig_.fake->present(block);
    const std::uint8_t seen = rig_.stray(block);
    const std::uint64_t more = rig_->counters().get(record::Counter::stray_errors) - errors;
    // A page that is there causes no fault, also if it is a ghost; nothing is served then.
    if (was_there) {
      require(more == 0, "an error without a stray", block);
      if (b.content == 'r') return check_content(block);
      return require(seen == 0, "a ghost is not clear", block);
    }
    while (served && !state::is_resident(rig_.byte(block)) && !has_failed()) std::this_thread::yield();
    if (has_failed()) return;
    require(more == (served ? 0U : 1U), "stray errors", block);
    ghosts_ = ghosts_ || more != 0;
    if (served) b.content = 'r';
    observe(Taking::none);
    if (served) check_content(block);
  }

  void spoil_store() {
    spoilt_ = true;
    switch (source_.below(4)) {
      case 0:
        rig_.outside.writes_until_error = static_cast<int>(source_.below(4));
        break;
      case 1:
        rig_.outside.reads_until_error = static_cast<int>(source_.below(4));
        break;
      case 2:
        rig_.outside.file.resize(test::block_size);
        break;
      default:
        for (std::size_t at = test::block_size; at < rig_.outside.file.size(); at += 512)
          rig_.outside.file[at] ^= 1;
        break;
    }
  }

  Source source_;
  bool exception_ = true;
  bool check_ = true;
  test::Rig rig_;
  Model model_;
  std::vector<bool> exempt_ = std::vector<bool>(blocks);
  std::uint64_t exempt_block_ = 0;
  std::uint64_t last_value_ = 0;
  bool ghosts_ = false;  // there may be pages whose release frees a frame
  bool spoilt_ = false;
  bool dead_ = false;
};

}  // namespace
}  // namespace cmma::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cmma::fuzz::Run(cmma::fuzz::Source({data, size})).go();
  return 0;
}
