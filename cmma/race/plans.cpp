#include "race/plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "host/policy/split_mix.hpp"
#include "state/check.hpp"

namespace cmma::race {
namespace {

using state::check;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// A count that is too large to be numbered is as good as infinite.
std::uint64_t times(std::uint64_t a, std::uint64_t b) { return b != 0 && a > most / b ? most : a * b; }
std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > most - b ? most : a + b; }

std::uint64_t power(std::uint64_t base, unsigned exponent) {
  std::uint64_t value = 1;
  while (exponent-- != 0) value = times(value, base);
  return value;
}

// How many ways to choose `k` of `n`. Each step of the product is a binomial itself, so the division is
// exact.
std::uint64_t choose(std::uint64_t n, unsigned k) {
  if (k > n) return 0;
  std::uint64_t value = 1;
  for (unsigned i = 0; i < k; ++i) {
    const std::uint64_t product = times(value, n - i);
    if (product == most) return most;
    value = product / (i + 1);
  }
  return value;
}

// The number-th choice of k of 0..n-1, in ascending order.
std::vector<std::uint64_t> choice(std::uint64_t n, unsigned k, std::uint64_t number) {
  std::vector<std::uint64_t> chosen;
  std::uint64_t next = 0;
  for (; k != 0; --k) {
    // Choices whose smallest element is `next`.
    for (std::uint64_t with = choose(n - next - 1, k - 1); number >= with;
         with = choose(n - next - 1, k - 1)) {
      number -= with;
      ++next;
    }
    chosen.push_back(next++);
  }
  return chosen;
}

Trigger at_event(std::uint64_t number, AtEvent event = {}) {
  Trigger trigger;
  trigger.place = event;
  trigger.nth = number;
  return trigger;
}

Trigger deed_at(std::uint64_t number, const Deed& deed, const AtEvent& event = {}) {
  Trigger trigger = at_event(number, event);
  trigger.action = deed.action;
  trigger.block = deed.block;
  return trigger;
}

std::string in_words(const std::vector<Deed>& deeds) {
  std::string text;
  for (const Deed& deed : deeds) text += (text.empty() ? "" : " or ") + describe(deed_at(1, deed));
  return text;
}

class Nth final : public Planner {
 public:
  explicit Nth(NthSpace space) : space_(space) {}
  [[nodiscard]] std::uint64_t count() const override { return space_.last - space_.first + 1; }
  [[nodiscard]] std::vector<Trigger> plan(std::uint64_t number) const override {
    check(number < count(), "X2: a plan that there is");
    return {deed_at(space_.first + number, space_.deed, space_.event)};
  }
  [[nodiscard]] std::string description() const override {
    return fmt::format("nth {} to {}: {}", space_.first, space_.last,
                       describe(deed_at(1, space_.deed, space_.event)));
  }

 private:
  const NthSpace space_;
};

class Bounded final : public Planner {
 public:
  explicit Bounded(BoundedSpace space) : space_(std::move(space)) {
    if (space_.choices.empty()) space_.deeds = 0;
    // Small sums first (X2).
    for (unsigned sum = 0; sum <= space_.switches + space_.deeds; ++sum) {
      for (unsigned switches = 0; switches <= std::min(sum, space_.switches); ++switches) {
        if (sum - switches <= space_.deeds) shapes_.push_back({switches, sum - switches});
      }
    }
  }

  [[nodiscard]] std::uint64_t count() const override {
    std::uint64_t sum = 0;
    for (const Shape& shape : shapes_) sum = plus(sum, size_of(shape));
    return sum;
  }

  [[nodiscard]] std::vector<Trigger> plan(std::uint64_t number) const override {
    check(number < count(), "X2: a plan that there is");
    const auto shape = std::ranges::find_if(shapes_, [&](const Shape& candidate) {
      const std::uint64_t size = size_of(candidate);
      if (number < size) return true;
      number -= size;
      return false;
    });
    // The number in a mixed base: where the switches are, where they lead, where the deeds are, and which.
    const auto digit = [&](std::uint64_t base) {
      const std::uint64_t value = number % base;
      number /= base;
      return value;
    };
    const std::uint64_t switch_places = digit(choose(events(), shape->switches));
    const std::uint64_t deed_places = digit(choose(events(), shape->deeds));
    std::vector<Trigger> triggers;
    for (const std::uint64_t event : choice(events(), shape->deeds, deed_places))
      triggers.push_back(deed_at(space_.first + event, space_.choices.at(digit(space_.choices.size()))));
    for (const std::uint64_t event : choice(events(), shape->switches, switch_places)) {
      Trigger trigger = at_event(space_.first + event);
      trigger.action = Action::switch_cpu;
      trigger.to = static_cast<int>(digit(space_.cpus));
      trigger.stay = space_.stay;
      triggers.push_back(std::move(trigger));
    }
    // At one event a deed comes before a switch; no two of a kind are there.
    std::ranges::sort(triggers, {},
                      [](const Trigger& trigger) { return std::pair{trigger.nth, trigger.action}; });
    return triggers;
  }

  [[nodiscard]] std::string description() const override {
    return fmt::format("bounded {} to {}: at most {} switches of {} CPUs for {} events, at most {} of: {}",
                       space_.first, space_.last, space_.switches, space_.cpus, space_.stay, space_.deeds,
                       in_words(space_.choices));
  }

 private:
  struct Shape {
    unsigned switches;
    unsigned deeds;
  };

  [[nodiscard]] std::uint64_t events() const { return space_.last - space_.first + 1; }
  [[nodiscard]] std::uint64_t size_of(const Shape& shape) const {
    return times(times(choose(events(), shape.switches), power(space_.cpus, shape.switches)),
                 times(choose(events(), shape.deeds), power(space_.choices.size(), shape.deeds)));
  }

  BoundedSpace space_;
  std::vector<Shape> shapes_;
};

class Random final : public Planner {
 public:
  explicit Random(RandomSpace space) : space_(std::move(space)) {}
  [[nodiscard]] std::uint64_t count() const override { return space_.seeds; }
  [[nodiscard]] std::vector<Trigger> plan(std::uint64_t number) const override {
    check(number < count(), "X2: a plan that there is");
    std::vector<Trigger> triggers;
    host::SplitMix random(number);
    for (std::uint64_t event = space_.first; event <= space_.last; ++event) {
      if (random.below(65536) >= space_.rate) continue;
      triggers.push_back(deed_at(event, space_.choices.at(random.below(space_.choices.size()))));
    }
    return triggers;
  }
  [[nodiscard]] std::string description() const override {
    return fmt::format("random {} to {}: rate {}, {} seeds, {}", space_.first, space_.last, space_.rate,
                       space_.seeds, in_words(space_.choices));
  }

 private:
  const RandomSpace space_;
};

class Uses final : public Planner {
 public:
  explicit Uses(UsesSpace space) : space_(std::move(space)) {}
  [[nodiscard]] std::uint64_t count() const override { return std::min(all(), space_.most); }
  [[nodiscard]] std::vector<Trigger> plan(std::uint64_t number) const override {
    const UseInterval& interval = at(number);
    const UsePlace place = space_.early ? interval.first : interval.last;
    Trigger trigger;
    trigger.place = AtPoint{.instructions = place.instructions, .after_event = place.event};
    trigger.action = Action::discard;
    trigger.block = interval.block << CMMA_BLOCK_SHIFT;
    return {std::move(trigger)};
  }
  [[nodiscard]] std::uint64_t places(std::uint64_t number) const override { return at(number).places; }
  // Other intervals are another campaign.
  [[nodiscard]] std::string description() const override {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : write_uses(space_.intervals))
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    const std::string some = count() == all() ? "" : fmt::format("{} of ", count());
    return fmt::format("uses {}{} to {} of {} ({:016x}): discard at the {} place", some, space_.first,
                       space_.last, space_.intervals.size(), hash, space_.early ? "first" : "last");
  }

 private:
  [[nodiscard]] std::uint64_t all() const { return space_.last - space_.first + 1; }
  [[nodiscard]] const UseInterval& at(std::uint64_t number) const {
    check(number < count(), "X2: a plan that there is");
    // Below 2^32 intervals, as a run has them.
    return space_.intervals.at(space_.first - 1 + number * all() / count());
  }

  const UsesSpace space_;
};

}  // namespace

std::unique_ptr<Planner> plan_nth(NthSpace space) { return std::make_unique<Nth>(space); }
std::unique_ptr<Planner> plan_bounded(BoundedSpace space) {
  return std::make_unique<Bounded>(std::move(space));
}
std::unique_ptr<Planner> plan_random(RandomSpace space) { return std::make_unique<Random>(std::move(space)); }
std::unique_ptr<Planner> plan_uses(UsesSpace space) { return std::make_unique<Uses>(std::move(space)); }

}  // namespace cmma::race
