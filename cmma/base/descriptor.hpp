// A file descriptor that closes itself: of a file, a pipe, a socket or an event.
//
// For all modules.
#ifndef CMMA_BASE_DESCRIPTOR_HPP
#define CMMA_BASE_DESCRIPTOR_HPP

#include <unistd.h>

#include <utility>

namespace cmma::base {

class Descriptor {
 public:
  Descriptor() = default;
  // `number` as a system call returned it: negative is none.
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
  void close() {
    if (is_open()) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

}  // namespace cmma::base
#endif
