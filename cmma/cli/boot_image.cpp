#include "cli/boot_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/subcommand.hpp"

namespace cmma::cli {
namespace {

// Where the Linux boot protocol on s390 has things.
constexpr std::size_t linux_mark_at = 0x10008;
constexpr std::string_view linux_mark = "S390EP";
constexpr std::uint64_t linux_initrd_at = 0x10408;  // address, then size: 8 bytes each
constexpr std::uint64_t linux_command_line_size_at = 0x10430;
constexpr std::uint64_t linux_command_line_at = 0x10480;
constexpr std::size_t linux_old_command_line_size = 896;  // of kernels that do not say

constexpr std::uint64_t mebibyte = 1ull << 20;

std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::string as_big_endian(std::uint64_t value, std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i) {
    bytes[length - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  return bytes;
}

// An IPL PSW is a PSW of ESA/390: bit 12 is one, and it does not say "wait".
bool begins_with_ipl_psw(std::string_view bytes) {
  if (bytes.size() < 8) return false;
  const auto mask = big_endian(bytes, 0, 4);
  return (mask & 0x00080000) != 0 && (mask & 0xb8000000) == 0;
}

// The entry of an ELF file that brings no IPL PSW: a PSW at 0 and code that goes to z/Architecture mode
// and to 64-bit addressing, at an address that none of the segments uses.
Expected<Piece> starter(const Image& image, std::uint64_t entry, const std::string& name) {
  constexpr std::uint64_t code_at = 0x280;  // unassigned in the prefix area of both architectures
  constexpr std::uint64_t code_end = code_at + 32;
  for (const Piece& piece : image.pieces) {
    if (piece.address < code_end) {
      return std::unexpected(Failure{
          exit_usage, fmt::format("{}: an ELF file with bytes below {:#x}, but without an IPL PSW at 0", name,
                                  code_end)});
    }
  }
  std::string low(code_end, '\0');
  const std::string psw = as_big_endian(0x00080000'80000000 | code_at, 8);
  std::ranges::copy(psw, low.begin());
  std::string code;
  code += as_big_endian(0xa7180001, 4);       // lhi   1,1
  code += as_big_endian(0xa7080000, 4);       // lhi   0,0
  code += as_big_endian(0xae100012, 4);       // sigp  1,0,0x12     set architecture
  code += as_big_endian(0x010e, 2);           // sam64
  code += as_big_endian(0xc418'00000005, 6);  // lgrl  1,entry      10 bytes further on
  code += as_big_endian(0x07f1, 2);           // br    1
  code += as_big_endian(0x0700, 2);           // nopr, so that the entry is on a doubleword
  code += as_big_endian(entry, 8);
  std::ranges::copy(code, low.begin() + code_at);
  return Piece{0, std::move(low)};
}

Expected<Image> parse_elf(const std::string& bytes, const std::string& name) {
  const auto bad = [&](std::string_view why) {
    return std::unexpected(Failure{exit_usage, fmt::format("{}: {}", name, why)});
  };
  constexpr std::size_t header_size = 64;
  constexpr std::size_t segment_size = 56;
  if (bytes.size() < header_size) return bad("a damaged ELF file");
  if (bytes[4] != 2 || bytes[5] != 2 || big_endian(bytes, 18, 2) != 22)
    return bad("an ELF file, but not of s390x");
  const auto entry = big_endian(bytes, 24, 8);
  const auto table = big_endian(bytes, 32, 8);
  const auto count = big_endian(bytes, 56, 2);
  if (table > bytes.size() || count * segment_size > bytes.size() - table) return bad("a damaged ELF file");

  Image image;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = table + i * segment_size;
    constexpr std::uint64_t loadable = 1;
    if (big_endian(bytes, at, 4) != loadable) continue;
    const auto offset = big_endian(bytes, at + 8, 8);
    const auto address = big_endian(bytes, at + 24, 8);
    const auto in_file = big_endian(bytes, at + 32, 8);
    const auto in_storage = big_endian(bytes, at + 40, 8);
    if (offset > bytes.size() || in_file > bytes.size() - offset || in_storage > UINT64_MAX - address) {
      return bad("a damaged ELF file");
    }
    image.end = std::max(image.end, address + in_storage);
    // What is not in the file is zero anyway: the load clears main storage.
    if (in_file != 0) image.pieces.push_back({address, bytes.substr(offset, in_file)});
  }
  if (image.pieces.empty()) return bad("an ELF file without anything to load");
  const bool has_psw = std::ranges::any_of(image.pieces, [](const Piece& piece) {
    return piece.address == 0 && begins_with_ipl_psw(piece.bytes);
  });
  if (!has_psw) {
    auto start = starter(image, entry, name);
    if (!start) return std::unexpected(start.error());
    image.pieces.push_back(std::move(*start));
  }
  return image;
}

}  // namespace

Expected<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::error_code error;
  if (!file || std::filesystem::is_directory(path, error)) {
    return std::unexpected(Failure{exit_usage, fmt::format("cannot read {}", path.string())});
  }
  return bytes;
}

Expected<Image> parse_image(std::string bytes, const std::string& name) {
  if (bytes.starts_with("\x7f"
                        "ELF")) {
    return parse_elf(bytes, name);
  }
  Image image;
  image.end = bytes.size();
  const bool has_mark = bytes.size() > linux_command_line_at &&
                        std::string_view(bytes).substr(linux_mark_at).starts_with(linux_mark);
  if (has_mark) {
    image.linux_kernel = true;
    const auto size = big_endian(bytes, linux_command_line_size_at, 8);
    // The kernel says how long a line it takes, or has zero there (or code, if it is very old).
    image.command_line_size =
        size >= linux_old_command_line_size && size <= 65536 ? size : linux_old_command_line_size;
  } else if (!begins_with_ipl_psw(bytes)) {
    return std::unexpected(
        Failure{exit_usage, fmt::format("{}: neither a Linux kernel for s390x, nor an s390x ELF file, nor an "
                                        "image that begins with an IPL PSW",
                                        name)});
  }
  image.pieces.push_back({0, std::move(bytes)});
  return image;
}

Expected<void> add_linux_parameters(Image& image, std::string initrd, std::string_view command_line,
                                    std::uint64_t memory) {
  if (command_line.size() >= image.command_line_size) {
    return std::unexpected(Failure{
        exit_usage, fmt::format("the kernel's command line is {} characters long; this kernel takes {}",
                                command_line.size(), image.command_line_size - 1)});
  }
  std::string line(command_line);
  line.push_back('\0');
  image.pieces.push_back({linux_command_line_at, std::move(line)});
  if (initrd.empty()) return {};

  // High enough that the kernel, which unpacks itself to low addresses, seldom has to move it.
  const std::uint64_t wanted = std::min<std::uint64_t>(32 * mebibyte, memory / 2);
  const std::uint64_t address = std::max(wanted, (image.end + mebibyte - 1) / mebibyte * mebibyte);
  if (address + initrd.size() > memory) {
    return std::unexpected(Failure{exit_usage, "the kernel and the initrd do not fit into --memory"});
  }
  image.pieces.push_back({linux_initrd_at, as_big_endian(address, 8) + as_big_endian(initrd.size(), 8)});
  image.end = address + initrd.size();
  image.pieces.push_back({address, std::move(initrd)});
  return {};
}

}  // namespace cmma::cli
