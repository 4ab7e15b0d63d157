// Audit: does the guest agree that a block may go? A guest keeps a record of each of its blocks (Linux:
// struct page). It tells the host where the records are and what none of them may say, and at each discard
// the host looks.
//
// Who may call it: the host, with the mutex held; check() also with the machine quiesced, so that a record is
// as the guest left it at an instruction boundary. U1: words are 64 bits, big-endian, in absolute storage.
// U2: a rule is broken if all of its terms hold.
#ifndef CMMA_HOST_AUDIT_HPP
#define CMMA_HOST_AUDIT_HPP

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::host {

class Audit {
 public:
  // The word at this absolute address, wherever the host has it.
  using ReadWord = std::function<std::uint64_t(std::uint64_t address)>;

  // What is after the verb of an operator's command, all numbers hexadecimal:
  //   records SIZE                            bytes of one record
  //   map FIRST COUNT ADDRESS                 records of COUNT blocks from number FIRST on are at ADDRESS
  //   never NAME OFFSET MASK VALUE [OFFSET MASK VALUE...]
  //                                           no record may have all of these values; !VALUE: any other
  // The error is one line for the operator. `bytes`: size of main storage.
  [[nodiscard]] std::expected<void, std::string> command(std::string_view line, std::uint64_t bytes);

  [[nodiscard]] bool covers(std::uint64_t block) const { return !rules_.empty() && find(block) != nullptr; }

  // The name of the first rule that the record of this block breaks, and the words of the record; or nothing.
  // REQUIRES: covers(block).
  [[nodiscard]] std::string broken_rule(std::uint64_t block, const ReadWord& read) const;

 private:
  struct Map {
    std::uint64_t first;
    std::uint64_t count;
    std::uint64_t address;
  };
  struct Term {
    std::uint64_t offset;
    std::uint64_t mask;
    std::uint64_t value;
    bool other;  // holds for any other value
  };
  struct Rule {
    std::string name;
    std::vector<Term> terms;
  };

  [[nodiscard]] std::expected<void, std::string> add_rule(std::span<const std::string_view> words);
  [[nodiscard]] const Map* find(std::uint64_t block) const;

  std::uint64_t record_size_ = 0;
  std::vector<Map> maps_;  // by their first block; they do not overlap
  std::vector<Rule> rules_;
};

}  // namespace cmma::host
#endif
