// The guest's symbols: names of addresses and addresses of names.
//
// Who may use it: the engine, the command line, tests. Addresses are those at which the guest runs, unless it
// says "linked".
//
// Invariants
//   Y1  A name that stands for several addresses is an error, never one of them at random.
//   Y2  Without DWARF there are no lines; asking for one says so.
#ifndef CMMA_RACE_SYMBOLS_HPP
#define CMMA_RACE_SYMBOLS_HPP

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cmma::race {

// Source lines, from DWARF (dwarf.cpp).
class Lines {
 public:
  struct At {
    std::string file;  // last part of its name
    int line = 0;
    std::vector<std::string> inlined;  // functions that are inlined here, innermost first
  };
  Lines() = default;
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  virtual ~Lines() = default;
  [[nodiscard]] virtual std::optional<At> at(std::uint64_t linked) = 0;
  // All linked addresses where a statement of this line begins, the lowest of each function.
  [[nodiscard]] virtual std::vector<std::uint64_t> of(std::string_view file, int line) = 0;
  // Where this function has been inlined (its lowest linked address each time).
  [[nodiscard]] virtual std::vector<std::uint64_t> inlined(std::string_view function) = 0;
  // In bytes, of a struct; empty if there is none of this name.
  [[nodiscard]] virtual std::optional<std::uint64_t> size_of(std::string_view structure) = 0;
};

struct Symbol {
  std::string name;
  std::uint64_t linked = 0;
  std::uint64_t size = 0;
  std::string file;  // of a local symbol; may be empty
};

class Symbols {
 public:
  // From an ELF file with a symbol table. `base` is what is added to linked addresses; empty: by what it is.
  [[nodiscard]] static std::expected<Symbols, std::string> open(const std::string& file,
                                                                std::optional<std::uint64_t> base);
  Symbols(std::vector<Symbol> list, std::uint64_t base, std::unique_ptr<Lines> lines);

  // Of "symbol", "symbol+0x1c", "file.c:symbol", "file.c:symbol+8" or "file.c:123".
  [[nodiscard]] std::expected<std::uint64_t, std::string> address_of(std::string_view place) const;
  // "symbol+0x1c"; empty if no symbol covers it.
  [[nodiscard]] std::string name_of(std::uint64_t address) const;
  // "file.c:123", "file.c:123 in inlined f, g"; empty without DWARF.
  [[nodiscard]] std::string line_of(std::uint64_t address) const;

  [[nodiscard]] bool has_lines() const { return lines_ != nullptr; }
  [[nodiscard]] std::uint64_t base() const { return base_; }
  [[nodiscard]] std::optional<std::uint64_t> linked(std::string_view variable) const;
  [[nodiscard]] std::optional<std::uint64_t> size_of(std::string_view structure) const;

 private:
  [[nodiscard]] std::expected<std::uint64_t, std::string> line_address(std::string_view file, int line) const;
  [[nodiscard]] std::expected<const Symbol*, std::string> find(std::string_view file,
                                                               std::string_view name) const;

  std::vector<Symbol> list_;  // by their linked addresses
  std::uint64_t base_ = 0;
  std::unique_ptr<Lines> lines_;
};

// DWARF of this file; null if it has none. Keeps the file open.
[[nodiscard]] std::unique_ptr<Lines> open_lines(const std::string& file);

}  // namespace cmma::race
#endif
