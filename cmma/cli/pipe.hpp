// Pipes to another program, for commands that run one.
#ifndef CMMA_CLI_PIPE_HPP
#define CMMA_CLI_PIPE_HPP

#include <expected>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace cmma::cli {

struct Pipe {
  base::Descriptor read;
  base::Descriptor write;
};

// A pipe that no program inherits. Both ends are above `first_free`, so that in a child a dup2 to a lower
// number hits neither.
inline constexpr int first_free = 10;
std::expected<Pipe, std::string> make_pipe();

// All of it, however often the other side makes us wait. False: nobody reads any more, or `to` does not wait
// and is full.
bool write_all(int to, std::string_view bytes);

}  // namespace cmma::cli
#endif
