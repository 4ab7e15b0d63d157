// What the host adds to the system calls it cannot do without, measured side by side through the C ABI.
//
// Names come in pairs: X/host and X/bare. Items are 4 KB blocks (for essa: instructions). scripts/bench.sh
// divides the rates.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cmma/cmma.h"

namespace {

constexpr std::uint64_t blocks = 16384;
constexpr std::size_t bytes = blocks * CMMA_BLOCK_SIZE;

// A machine with one CPU that is always at an instruction boundary.
const cmma_machine machine{
    .context = nullptr,
    .changed = [](void*, std::uint64_t) { return 0; },
    .reset_reference_change = [](void*, std::uint64_t) {},
    .exempt = [](void*, std::uint64_t) { return 0; },
    .quiesce = [](void*, int) {},
    .resume = [](void*, int) {},
    .request_reclaim = [](void*, int) {},
    .instructions = [](void*, int) { return std::uint64_t{0}; },
    .message = [](void*, const char* line) { std::fprintf(stderr, "host: %s\n", line); },
    .fail = [](void*, const char* line) { std::fprintf(stderr, "host failed: %s\n", line); },
    .event = nullptr,
};

void must(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(3);
}

class Host {
 public:
  explicit Host(const char* options) {
    std::array<char, 256> error{};
    host_ = cmma_open(options, bytes, &machine, error.data(), error.size());
    must(host_ != nullptr, error.data());
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { cmma_close(host_); }
  [[nodiscard]] cmma_host* get() const { return host_; }
  [[nodiscard]] std::uint8_t* storage() const { return cmma_main_storage(host_); }

  void touch_all() {
    for (std::uint64_t block = 0; block < blocks; ++block) {
      must(cmma_access(host_, block * CMMA_BLOCK_SIZE, 0) == CMMA_DONE, "access");
      storage()[block * CMMA_BLOCK_SIZE] = static_cast<std::uint8_t>(block | 1);
    }
  }
  void essa_all(unsigned orc) {
    std::uint64_t r1 = 0;
    for (std::uint64_t block = 0; block < blocks; ++block) {
      must(cmma_essa(host_, 0, block * CMMA_BLOCK_SIZE, orc, &r1) == CMMA_DONE, "essa");
    }
  }

 private:
  cmma_host* host_ = nullptr;
};

template <typename Work>
void timed(benchmark::State& state, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void count_blocks(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(blocks));
}

// All blocks become volatile; the policy storm wants them discarded at once.
void discard_host(benchmark::State& state) {
  Host host("policy=storm");
  for ([[maybe_unused]] auto _ : state) {
    host.essa_all(1);
    host.touch_all();
    host.essa_all(3);
    timed(state, [&] { cmma_reclaim(host.get(), 0); });
    must((cmma_states(host.get())[0] & CMMA_STATE_ESSA) == 0x0f, "discarded");
  }
  count_blocks(state);
}

void discard_bare(benchmark::State& state) {
  auto* at = static_cast<std::uint8_t*>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  must(at != MAP_FAILED, "mmap");
  ::madvise(at, bytes, MADV_NOHUGEPAGE);
  for ([[maybe_unused]] auto _ : state) {
    for (std::uint64_t block = 0; block < blocks; ++block) at[block * CMMA_BLOCK_SIZE] = 1;
    timed(state, [&] { ::madvise(at, bytes, MADV_DONTNEED); });
  }
  ::munmap(at, bytes);
  count_blocks(state);
}

// Every block is on the paging store; a CPU touches one after the other.
void page_in_host(benchmark::State& state) {
  Host host("policy=none");
  for ([[maybe_unused]] auto _ : state) {
    host.touch_all();
    for (std::uint64_t block = 0; block < blocks; ++block) {
      const std::string command = fmt::format("pageout {:x}", block * CMMA_BLOCK_SIZE);
      must(cmma_command(host.get(), command.c_str(), nullptr, nullptr) == 0, "pageout");
    }
    timed(state, [&] {
      for (std::uint64_t block = 0; block < blocks; ++block) {
        must(cmma_access(host.get(), block * CMMA_BLOCK_SIZE, 0) == CMMA_DONE, "page in");
      }
    });
  }
  count_blocks(state);
}

void page_in_bare(benchmark::State& state) {
  auto* at = static_cast<std::uint8_t*>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  must(at != MAP_FAILED, "mmap");
  ::madvise(at, bytes, MADV_NOHUGEPAGE);
  const int faults = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
  must(faults >= 0, "userfaultfd");
  uffdio_api api{};
  api.api = UFFD_API;
  must(::ioctl(faults, UFFDIO_API, &api) == 0, "UFFDIO_API");
  uffdio_register range{};
  range.range = {.start = reinterpret_cast<std::uintptr_t>(at), .len = bytes};
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  must(::ioctl(faults, UFFDIO_REGISTER, &range) == 0, "UFFDIO_REGISTER");
  const char* folder = std::getenv("TMPDIR");
  const int file = ::open(folder != nullptr ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  must(file >= 0, "paging file");
  std::vector<std::uint8_t> page(CMMA_BLOCK_SIZE, 1);
  for (std::uint64_t block = 0; block < blocks; ++block) {
    must(::pwrite(file, page.data(), page.size(), static_cast<off_t>(block * CMMA_BLOCK_SIZE)) > 0, "pwrite");
  }
  for ([[maybe_unused]] auto _ : state) {
    ::madvise(at, bytes, MADV_DONTNEED);
    timed(state, [&] {
      for (std::uint64_t block = 0; block < blocks; ++block) {
        const auto offset = static_cast<off_t>(block * CMMA_BLOCK_SIZE);
        must(::pread(file, page.data(), page.size(), offset) > 0, "pread");
        uffdio_copy copy{};
        copy.dst = range.range.start + block * CMMA_BLOCK_SIZE;
        copy.src = reinterpret_cast<std::uintptr_t>(page.data());
        copy.len = page.size();
        must(::ioctl(faults, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
      }
    });
  }
  ::close(file);
  ::close(faults);
  ::munmap(at, bytes);
  count_blocks(state);
}

// The instruction as the machine calls it, on a resident block.
void essa_host(benchmark::State& state) {
  Host host("policy=clock");
  host.touch_all();
  std::uint64_t r1 = 0;
  std::uint64_t block = 0;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(cmma_essa(host.get(), 0, block * CMMA_BLOCK_SIZE, 1, &r1));
    block = (block + 1) % blocks;
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(discard_host)->Name("discard/host")->UseManualTime();
BENCHMARK(discard_bare)->Name("discard/bare")->UseManualTime();
BENCHMARK(page_in_host)->Name("page-in/host")->UseManualTime();
BENCHMARK(page_in_bare)->Name("page-in/bare")->UseManualTime();
BENCHMARK(essa_host)->Name("essa/host");
BENCHMARK_MAIN();
