// Random numbers for the policies that draw: the seed brings a run's choices back.
#ifndef CMMA_HOST_POLICY_SPLIT_MIX_HPP
#define CMMA_HOST_POLICY_SPLIT_MIX_HPP

#include <cstdint>

namespace cmma::host {

// SplitMix64 (Steele, Lea and Flood 2014): small, and the same everywhere, unlike the distributions of
// the standard library (L4).
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  // REQUIRES: bound > 0. The modulus favours small numbers by less than 2^-32 for any main storage.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }

  std::uint64_t state_;
};

}  // namespace cmma::host
#endif
