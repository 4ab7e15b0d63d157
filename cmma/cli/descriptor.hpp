// File descriptors that close themselves, and pipes of them, for commands that run another program.
#ifndef CMMA_CLI_DESCRIPTOR_HPP
#define CMMA_CLI_DESCRIPTOR_HPP

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace cmma::cli {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
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
