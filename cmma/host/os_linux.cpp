// The operating system behind the seam: Linux, with userfaultfd where it may be used.
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <utility>

#include "base/descriptor.hpp"
#include "host/os.hpp"

namespace cmma::host {
using base::Descriptor;

namespace {

std::string errno_text(int error) { return std::strerror(error); }

// In order of usefulness: one that also sees the faults of system calls, one from the device, one that
// sees user-mode faults only (system calls of the machine on missing pages then fail with EFAULT).
Descriptor open_userfaultfd(int& error) {
  constexpr int flags = O_CLOEXEC | O_NONBLOCK;
  if (Descriptor fd{static_cast<int>(::syscall(SYS_userfaultfd, flags))}; fd.is_open()) return fd;
  error = errno;
  if (const Descriptor device{::open("/dev/userfaultfd", O_RDWR | O_CLOEXEC)}; device.is_open()) {
    if (Descriptor fd{::ioctl(device.get(), USERFAULTFD_IOC_NEW, flags)}; fd.is_open()) return fd;
  }
  return Descriptor{static_cast<int>(::syscall(SYS_userfaultfd, flags | UFFD_USER_MODE_ONLY))};
}

class LinuxOs final : public Os {
 public:
  LinuxOs() = default;
  LinuxOs(const LinuxOs&) = delete;
  LinuxOs& operator=(const LinuxOs&) = delete;
  ~LinuxOs() override {
    if (in_place_ == this) {
      ::sigaction(SIGBUS, &before_, nullptr);
      in_place_ = nullptr;
    }
    if (storage_ != nullptr) ::munmap(storage_, bytes_);
  }

  void answer_in_place(std::function<void(std::size_t offset)> answer) override {
    answer_ = std::move(answer);
  }

  std::expected<std::uint8_t*, int> map_storage(std::size_t bytes) override {
    void* at =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return std::unexpected(errno);
    storage_ = static_cast<std::uint8_t*>(at);
    bytes_ = bytes;
    // A huge page would hold blocks that have been taken away.
    ::madvise(at, bytes, MADV_NOHUGEPAGE);
    watch_faults();
    return storage_;
  }

  [[nodiscard]] bool demand() const override { return faults_.is_open(); }
  [[nodiscard]] std::string demand_note() const override { return note_; }

  int place(std::size_t offset, std::span<const std::uint8_t> content) override {
    if (!demand()) {
      std::memcpy(storage_ + offset, content.data(), content.size());
      return 0;
    }
    for (;;) {
      uffdio_copy request{};
      request.dst = address(offset);
      request.src = reinterpret_cast<std::uintptr_t>(content.data());
      request.len = content.size();
      if (::ioctl(faults_.get(), UFFDIO_COPY, &request) == 0) return 0;
      if (errno != EAGAIN && errno != EINTR) return errno;
    }
  }

  int release(std::size_t offset, std::size_t bytes) override {
    return ::madvise(storage_ + offset, bytes, MADV_DONTNEED) == 0 ? 0 : errno;
  }

  void wake(std::size_t offset, std::size_t bytes) override {
    uffdio_range range{.start = address(offset), .len = bytes};
    ::ioctl(faults_.get(), UFFDIO_WAKE, &range);
  }

  std::optional<std::size_t> wait_fault() override {
    std::array<pollfd, 2> wait{pollfd{faults_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    for (;;) {
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      if (wait[1].revents != 0) return std::nullopt;
      uffd_msg message{};
      if (::read(faults_.get(), &message, sizeof message) != sizeof message) continue;
      if (message.event != UFFD_EVENT_PAGEFAULT) continue;
      return static_cast<std::size_t>(message.arg.pagefault.address - address(0));
    }
  }

  void stop_faults() override {
    if (!stop_.is_open()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  }

  std::expected<void, std::string> open_file(const std::string& path) override {
    return path.empty() ? open_unnamed() : open_named(path);
  }

  std::expected<std::size_t, int> read_file(std::uint64_t offset, std::span<std::uint8_t> to) override {
    for (;;) {
      const ssize_t got = ::pread(file_.get(), to.data(), to.size(), static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return std::unexpected(errno);
    }
  }

  std::expected<std::size_t, int> write_file(std::uint64_t offset,
                                             std::span<const std::uint8_t> from) override {
    for (;;) {
      const ssize_t put = ::pwrite(file_.get(), from.data(), from.size(), static_cast<off_t>(offset));
      if (put >= 0) return static_cast<std::size_t>(put);
      if (errno != EINTR) return std::unexpected(errno);
    }
  }

  void punch_file(std::uint64_t offset, std::uint64_t bytes) override {
    ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                static_cast<off_t>(bytes));
  }

  std::expected<void, std::string> forked() override {
    // What is missing stays missing, but nobody is told of it any more: a registration does not survive.
    if (demand()) {
      faults_ = Descriptor{};
      watch_faults();
      if (!demand()) return std::unexpected(note_);
    }
    const Descriptor old = std::move(file_);
    if (auto opened = open_unnamed(); !opened) return opened;
    return copy_file(old.get());
  }

  std::uint64_t now() override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
  }

  std::uint64_t random() override {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }

 private:
  [[nodiscard]] std::uint64_t address(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(storage_) + offset;
  }

  void watch_faults() {
    int error = 0;
    Descriptor faults = open_userfaultfd(error);
    if (!faults.is_open()) {
      note_ = "userfaultfd: " + errno_text(error) +
              " (needs root, vm.unprivileged_userfaultfd=1, or access to /dev/userfaultfd)";
      return;
    }
    uffdio_api api{};
    api.api = UFFD_API;
    if (answer_) api.features = UFFD_FEATURE_SIGBUS;
    uffdio_register range{};
    range.range = {.start = address(0), .len = bytes_};
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    Descriptor stop{::eventfd(0, EFD_CLOEXEC)};
    if (!stop.is_open() || ::ioctl(faults.get(), UFFDIO_API, &api) != 0 ||
        ::ioctl(faults.get(), UFFDIO_REGISTER, &range) != 0) {
      note_ = "userfaultfd: " + errno_text(errno);
      return;
    }
    faults_ = std::move(faults);
    stop_ = std::move(stop);
    if (answer_) take_signals();
  }

  // With UFFD_FEATURE_SIGBUS an access to a missing page is that signal, in the thread that makes it.
  void take_signals() {
    if (in_place_ == this) return;  // forked
    in_place_ = this;
    struct sigaction action{};
    action.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
      const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
      if (in_place_ != nullptr && at - in_place_->address(0) < in_place_->bytes_) {
        const int error = errno;
        in_place_->answer_(at - in_place_->address(0));
        errno = error;
      } else if ((before_.sa_flags & SA_SIGINFO) != 0) {
        before_.sa_sigaction(signal, info, context);
      } else {
        ::sigaction(SIGBUS, &before_, nullptr);  // the access happens again, and with it what was to happen
      }
    };
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    ::sigaction(SIGBUS, &action, &before_);
  }

  // Only where there is something: the file is sparse.
  [[nodiscard]] std::expected<void, std::string> copy_file(int from) const {
    off_t at = 0;
    while ((at = ::lseek(from, at, SEEK_DATA)) >= 0) {
      const off_t end = ::lseek(from, at, SEEK_HOLE);
      for (off_t to = at; at < end;) {
        const ssize_t done =
            ::copy_file_range(from, &at, file_.get(), &to, static_cast<std::size_t>(end - at), 0);
        if (done <= 0) return std::unexpected("copy of the paging store: " + errno_text(errno));
      }
    }
    return {};
  }

  std::expected<void, std::string> open_unnamed() {
    const char* folder = std::getenv("TMPDIR");
    if (folder == nullptr || *folder == '\0') folder = "/tmp";
    file_ = Descriptor{::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (file_.is_open()) return {};
    // A file system without O_TMPFILE.
    std::string name = std::string{folder} + "/cmma-store-XXXXXX";
    file_ = Descriptor{::mkostemp(name.data(), O_CLOEXEC)};
    if (!file_.is_open())
      return std::unexpected("paging store in " + std::string{folder} + ": " + errno_text(errno));
    ::unlink(name.c_str());
    return {};
  }

  std::expected<void, std::string> open_named(const std::string& path) {
    const std::string where = "paging store " + path + ": ";
    file_ = Descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file_.is_open()) return std::unexpected(where + errno_text(errno));
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return std::unexpected(where + errno_text(errno));
    if (!S_ISREG(status.st_mode)) return std::unexpected(where + "not a regular file");
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
      return std::unexpected(where + "in use by another machine");
    return {};
  }

  std::uint8_t* storage_ = nullptr;
  std::size_t bytes_ = 0;
  Descriptor faults_;
  Descriptor stop_;
  Descriptor file_;
  std::string note_;
  std::function<void(std::size_t)> answer_;

  // A signal has one handler in a process: there is one such machine at most.
  static inline LinuxOs* in_place_ = nullptr;
  static inline struct sigaction before_{};
};

}  // namespace

std::unique_ptr<Os> make_linux_os() { return std::make_unique<LinuxOs>(); }

}  // namespace cmma::host
