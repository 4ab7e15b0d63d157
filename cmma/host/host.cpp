#include "host/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cmma::host {

std::expected<std::unique_ptr<Host>, std::string> Host::open(std::string_view options, std::uint64_t bytes,
                                                             const cmma_machine& machine,
                                                             std::unique_ptr<Os> os) {
  if (bytes == 0 || bytes % CMMA_BLOCK_SIZE != 0) {
    return std::unexpected(
        fmt::format("main storage of {} bytes: must be a multiple of 4096 and not 0", bytes));
  }
  auto parsed = parse_options(options);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!parsed->seed) parsed->seed = os->random();
  auto policy = make_policy(parsed->policy, *parsed->seed);
  if (!policy) return std::unexpected(std::move(policy.error()));

  std::unique_ptr<Host> host{new Host(std::move(*parsed), bytes / CMMA_BLOCK_SIZE, machine, std::move(os))};
  host->policy_ = std::move(*policy);
  for (const state::Pair pair : state::all_pairs) {
    const Byte byte = state::byte_of(pair);
    const unsigned if_clean = host->policy_->takes_at_once(byte, false) ? 1 : 0;
    const unsigned if_changed = host->policy_->takes_at_once(byte, true) ? 2 : 0;
    host->at_once_.at(byte) = static_cast<std::uint8_t>(if_clean | if_changed);
  }
  if (auto opened = host->store_.open(host->options_.store); !opened) return std::unexpected(opened.error());
  if (host->options_.strays_in_place) {
    host->os_->answer_in_place(
        [host = host.get()](std::size_t offset) { host->resolve_stray(offset / CMMA_BLOCK_SIZE); });
  }
  const auto storage = host->os_->map_storage(bytes);
  if (!storage) {
    return std::unexpected(
        fmt::format("main storage of {} bytes: {}", bytes, std::strerror(storage.error())));
  }
  host->storage_ = *storage;
  std::uint64_t frames = host->options_.frames.value_or(host->blocks());
  // Without reports of missing pages no block can be paged out, so none would ever make room.
  if (!host->os_->demand()) frames = host->blocks();
  host->frames_.open(frames, host->blocks());
  if (!host->options_.trace.empty()) {
    auto trace = record::TraceWriter::open(host->options_.trace, host->blocks());
    if (!trace) return std::unexpected(std::move(trace.error()));
    host->trace_ = std::move(*trace);
  }
  if (host->options_.invariants) host->invariants_ = std::make_unique<Invariants>(host->blocks());
  if (host->os_->demand()) {
    if (!host->options_.strays_in_place) host->pager_ = std::thread(&Host::pager, host.get());
  } else {
    const Section section(*host);
    host->say(fmt::format("no page-out and no limit on frames: {}", host->os_->demand_note()));
  }
  return host;
}

Host::Host(Options options, std::uint64_t blocks, const cmma_machine& machine, std::unique_ptr<Os> os)
    : options_(std::move(options)),
      machine_(machine),
      os_(std::move(os)),
      states_(blocks, state::byte_of(state::Pair::Sz)),  // A23
      store_(*os_, blocks),
      page_(CMMA_BLOCK_SIZE),
      sampler_(blocks) {
  tick(0, CMMA_NOT_A_CPU);
}

Host::~Host() {
  os_->stop_faults();
  if (pager_.joinable()) pager_.join();
}

std::expected<void, std::string> Host::forked() {
  if (!options_.strays_in_place)
    return std::unexpected("the host has a thread, which does not come along: strays=in-place");
  if (trace_) return std::unexpected("a trace cannot go on in two processes");
  options_.json.clear();
  options_.kernel_log.clear();
  return os_->forked();
}

void Host::Section::deliver() {
  const std::vector<std::string> messages = std::exchange(host_.messages_, {});
  const std::string fail_line = std::exchange(host_.fail_line_, {});
  lock_.unlock();
  for (const std::string& line : messages) host_.machine_.message(host_.machine_.context, line.c_str());
  if (!fail_line.empty()) host_.machine_.fail(host_.machine_.context, fail_line.c_str());
}

Byte Host::load(Block block) const {
  // atomic_ref<const T> is C++26.
  return std::atomic_ref(const_cast<Byte&>(states_[block])).load(std::memory_order_acquire);
}

bool Host::swap(Block block, Byte from, Byte to) {
  return std::atomic_ref(states_[block]).compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

std::span<std::uint8_t> Host::content(Block block, std::uint64_t count) {
  return {storage_ + block * CMMA_BLOCK_SIZE, count * CMMA_BLOCK_SIZE};
}

void Host::say(std::string line) { messages_.push_back(std::move(line)); }

void Host::give_up(std::string line) {
  if (failed_.exchange(true)) return;
  fail_line_ = std::move(line);
}

void Host::note(record::EventKind kind, Block block, Byte from, Byte to, int cpu, unsigned detail) {
  // A run of which uses are noted is the same run.
  if (notes_uses_) [[unlikely]] {
    from = static_cast<Byte>(from & ~state::old_bit);
    to = static_cast<Byte>(to & ~state::old_bit);
  }
  if (machine_.event != nullptr)
    machine_.event(machine_.context, cpu, static_cast<unsigned>(kind), block, from, to);
  if (invariants_) watch(kind, block, from, to, detail);
  if (!trace_) return;
  const std::uint64_t instructions = cpu == CMMA_NOT_A_CPU ? 0 : machine_.instructions(machine_.context, cpu);
  trace_->write({.kind = kind,
                 .detail = static_cast<std::uint8_t>(detail),
                 .old_state = from,
                 .new_state = to,
                 .cpu = cpu,
                 .block = block,
                 .instructions = instructions});
}

void Host::see_cpu(int cpu) {
  int last = last_cpu_.load(std::memory_order_relaxed);
  while (cpu > last && !last_cpu_.compare_exchange_weak(last, cpu, std::memory_order_relaxed)) {
  }
}

void Host::tick(std::uint64_t events, int cpu) {
  if (cpu != CMMA_NOT_A_CPU)
    sampler_.see(static_cast<std::size_t>(cpu), machine_.instructions(machine_.context, cpu));
  if (sampler_.count(events)) sampler_.take(states_, counters_.snapshot(), frames_.used());
}

cmma_result Host::release(int cpu, Block first, Block last) {
  if (first > last || last >= blocks()) return CMMA_ADDRESSING;
  const Section section(*this);
  for (Block block = first; block <= last; ++block) {
    if (notes_uses_) [[unlikely]]
      uses_.push_back(block);
    release_ghost(block);
    Byte old = load(block);
    // A prefix area is used without being announced: it keeps its frame (A8).
    const bool keeps = state::is_resident(old) && machine_.exempt(machine_.context, block) != 0;
    if (keeps) std::ranges::fill(content(block), std::uint8_t{0});
    const Byte next = keeps ? state::byte_of(state::Pair::Sr) : state::release();
    while (!swap(block, old, next)) old = load(block);
    store_.drop(block);
    if (state::is_resident(old) && !keeps) gone_.push_back(block);
    counters_.add(record::Counter::released);
    note(record::EventKind::release, block, old, next, cpu);
  }
  finish_taking();
  store_.tidy();
  return CMMA_DONE;
}

void Host::reset(bool clear) {
  const Section section(*this);
  release_ghosts();
  due_.clear();
  due_all_ = false;
  for (Block block = 0; block < blocks(); ++block) {
    Byte old = load(block);
    const auto next = [clear](Byte byte) { return clear ? state::release() : state::reset(byte); };
    while (!swap(block, old, next(old))) old = load(block);
    if (old != next(old)) note(record::EventKind::reset, block, old, next(old), CMMA_NOT_A_CPU);
    if (clear && state::is_resident(old)) gone_.push_back(block);
  }
  finish_taking();
  if (clear) store_.drop_all();
}

std::uint64_t Host::slots_in_use() {
  const Section section(*this);
  return store_.slots_in_use();
}

}  // namespace cmma::host
