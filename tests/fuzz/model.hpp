// A reference model of the host for the fuzzer: what a guest may see, in the plainest code.
//
// It is written from the rules of the instruction, and shares nothing with the host or its state table. It
// does not predict what the host takes away and when; it looks, and checks that the host was allowed to.
#ifndef CMMA_TESTS_FUZZ_MODEL_HPP
#define CMMA_TESTS_FUZZ_MODEL_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace cmma::fuzz {

inline void require(bool holds, const char* what, std::uint64_t block = 0) {
  if (holds) return;
  std::fprintf(stderr, "model: %s (block %llu)\n", what, static_cast<unsigned long long>(block));
  std::abort();
}

enum class Outcome { done, discarded, unused };

// When the host may take blocks away: at no time, while an instruction is under way, or between two.
enum class Taking { none, in_instruction, between };

struct ModelBlock {
  char usage = 'S';    // S U P V
  char content = 'z';  // r p z
  bool nodat = false;
  bool changed = false;
  std::uint64_t value = 0;  // fills the block
};

class Model {
 public:
  Model(std::uint64_t blocks, bool unused_is_exception, bool channel_checks)
      : all(blocks), unused_is_exception_(unused_is_exception), channel_checks_(channel_checks) {}

  // The four low bits and the no-DAT bit of the state byte, as ESSA reports them.
  [[nodiscard]] unsigned report(std::uint64_t block) const {
    const ModelBlock& b = all.at(block);
    const unsigned usage = b.usage == 'S' ? 0 : b.usage == 'U' ? 4 : b.usage == 'P' ? 8 : 12;
    const unsigned content = b.content == 'r' ? 0 : b.content == 'p' ? 2 : 3;
    return usage | content | (b.nodat ? 0x20U : 0U);
  }

  // What a CPU's access to the block gives; the block afterwards, if it was done.
  [[nodiscard]] Outcome access(std::uint64_t block) {
    ModelBlock& b = all.at(block);
    if (b.usage == 'U' && unused_is_exception_) return Outcome::unused;
    if (b.usage == 'V' && b.content == 'z') return Outcome::discarded;
    b.content = 'r';
    return Outcome::done;
  }

  [[nodiscard]] Outcome channel(std::uint64_t block) {
    ModelBlock& b = all.at(block);
    const bool lost = b.usage == 'V' && b.content == 'z';
    if (channel_checks_ && b.usage == 'U') return Outcome::unused;
    if (channel_checks_ && lost) return Outcome::discarded;
    if (b.usage == 'U' || lost) b.usage = 'S';
    b.content = 'r';
    return Outcome::done;
  }

  void essa(std::uint64_t block, unsigned orc) {
    ModelBlock& b = all.at(block);
    switch (orc) {
      case 1:
        b.usage = 'S';
        b.nodat = false;
        break;
      case 2:
        b.usage = 'U';
        lose_copy(b);
        break;
      case 3:
        b.usage = 'V';
        lose_copy(b);
        break;
      case 4:
        if (b.content == 'r') {
          b.usage = 'P';
        } else if (b.content == 'z' || !b.changed) {
          b.usage = 'V';
          lose_copy(b);
        }
        break;
      case 5:
        b.usage = 'S';
        b.content = 'r';
        break;
      case 6:
        if (b.content == 'r') b.usage = 'S';
        break;
      case 7:
        b.usage = 'S';
        b.nodat = true;
        break;
      default:
        break;
    }
  }

  void release(std::uint64_t block, bool keeps_frame) {
    ModelBlock& b = all.at(block);
    const bool changed = b.changed;
    b = {};
    b.changed = changed;
    if (keeps_frame) b.content = 'r';
  }

  void reset(bool clear) {
    for (std::uint64_t block = 0; block < all.size(); ++block) {
      if (clear) release(block, false);
      all[block].usage = 'S';
      all[block].nodat = false;
    }
  }

  // May a block in this usage state leave while an instruction that may be using it is under way?
  [[nodiscard]] bool may_leave(std::uint64_t block, Taking taking) const {
    const char usage = all.at(block).usage;
    return taking == Taking::between ||
           (taking == Taking::in_instruction && (usage == 'S' || (usage == 'U' && unused_is_exception_)));
  }

  // The host says `now` of the block. If that is not what the model has, the host took the block away: was
  // it allowed to?
  void observe(std::uint64_t block, unsigned now, Taking taking) {
    ModelBlock& b = all.at(block);
    if ((now & 0x2f) == report(block)) return;
    require(may_leave(block, taking), "a block left that may be in use", block);
    require(b.content == 'r', "a block without a frame changed", block);
    const bool keeps = b.usage == 'S' || (b.usage == 'P' && b.changed);
    if (keeps) {
      b.usage = 'S';
      b.content = 'p';
    } else {
      if (b.usage == 'P') b.usage = 'V';
      b.content = 'z';
      b.value = 0;
      b.changed = false;
    }
    require((now & 0x2f) == report(block), "the host took a block away as it must not", block);
  }

  std::vector<ModelBlock> all;

 private:
  static void lose_copy(ModelBlock& b) {
    if (b.content != 'p') return;
    b.content = 'z';
    b.value = 0;
    b.changed = false;
  }

  bool unused_is_exception_;
  bool channel_checks_;
};

}  // namespace cmma::fuzz
#endif
