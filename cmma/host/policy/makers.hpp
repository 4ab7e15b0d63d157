// How each policy is made. For policy.cpp, which lists them; everybody else calls make_policy().
#ifndef CMMA_HOST_POLICY_MAKERS_HPP
#define CMMA_HOST_POLICY_MAKERS_HPP

#include <cstdint>
#include <memory>

#include "host/policy/policy.hpp"

namespace cmma::host {

[[nodiscard]] std::unique_ptr<Policy> make_clock(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<Policy> make_state_first(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<Policy> make_random(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<Policy> make_storm(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<Policy> make_none(std::uint64_t seed);

}  // namespace cmma::host
#endif
