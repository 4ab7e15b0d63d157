// Symbols from the symbol table of an ELF file, by libelf.
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "race/symbols.hpp"

namespace cmma::race {
namespace {

// Where Linux for s390 runs if it does not choose at random: CONFIG_KERNEL_IMAGE_BASE.
constexpr std::uint64_t linux_base = 0x3ffe0000000;

struct CloseElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

std::vector<Symbol> symbols_of(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) {
  std::vector<Symbol> list;
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return list;
  std::string file;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) continue;
    const char* const name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || name[0] == '\0') continue;
    const unsigned type = GELF_ST_TYPE(symbol.st_info);
    if (type == STT_FILE) {
      const char* const slash = std::strrchr(name, '/');
      file = slash == nullptr ? name : slash + 1;
      continue;
    }
    // Labels of the assembler and the compiler are no names for people.
    if (symbol.st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_TLS || name[0] == '.') continue;
    const bool local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL;
    list.push_back({.name = name,
                    .linked = symbol.st_value,
                    .size = symbol.st_size,
                    .file = local ? file : std::string{}});
  }
  return list;
}

}  // namespace

std::expected<Symbols, std::string> Symbols::open(const std::string& file,
                                                  std::optional<std::uint64_t> base) {
  const auto wrong = [&](std::string_view reason) {
    return std::unexpected(fmt::format("{}: {}", file, reason));
  };
  if (elf_version(EV_CURRENT) == EV_NONE) return wrong("libelf is too old");
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return wrong(std::strerror(errno));
  std::vector<Symbol> list;
  bool is_elf = false;
  {
    const std::unique_ptr<Elf, CloseElf> elf{elf_begin(descriptor, ELF_C_READ_MMAP, nullptr)};
    is_elf = elf != nullptr && elf_kind(elf.get()) == ELF_K_ELF;
    Elf_Scn* section = nullptr;
    while (is_elf && (section = elf_nextscn(elf.get(), section)) != nullptr) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_SYMTAB)
        list = symbols_of(elf.get(), section, header);
    }
  }
  ::close(descriptor);
  if (!is_elf) return wrong("is not an ELF file");
  if (list.empty()) return wrong("has no symbol table");
  if (!base) {
    base = 0;
    for (const Symbol& symbol : list) {
      if (symbol.name == "linux_banner" && symbol.linked < linux_base) base = linux_base;
    }
  }
  return Symbols(std::move(list), *base, open_lines(file));
}

}  // namespace cmma::race
