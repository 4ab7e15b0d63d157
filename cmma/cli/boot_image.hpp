// What kind of file a kernel is, and which bytes of it go where in main storage.
//
//   Linux   a bzImage: loaded at 0, takes a command line and an initrd
//   ELF     s390x, big-endian: its segments are loaded at their physical addresses. If it puts an IPL PSW
//           at 0, that is used; if not, a few instructions are added that set z/Architecture mode and
//           branch to its entry
//   flat    anything else that begins with an IPL PSW: loaded at 0
#ifndef CMMA_CLI_BOOT_IMAGE_HPP
#define CMMA_CLI_BOOT_IMAGE_HPP

#include <string_view>

#include "cli/boot_options.hpp"

namespace cmma::cli {

struct Piece {
  std::uint64_t address;
  std::string bytes;
};

struct Image {
  std::vector<Piece> pieces;
  bool linux_kernel = false;
  std::size_t command_line_size = 0;  // of a Linux kernel, with the terminating zero byte
  std::uint64_t end = 0;              // first address after all pieces
};

Expected<std::string> read_file(const std::filesystem::path& path);

// `name` is for messages.
Expected<Image> parse_image(std::string bytes, const std::string& name);

// Puts an initrd and a command line into the image of a Linux kernel.
// REQUIRES: image.linux_kernel
Expected<void> add_linux_parameters(Image& image, std::string initrd, std::string_view command_line,
                                    std::uint64_t memory);

}  // namespace cmma::cli
#endif
