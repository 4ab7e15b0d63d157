#include "cli/boot_initrd.hpp"

#include <fmt/format.h>

#include <string_view>

#include "cli/boot_image.hpp"

namespace cmma::cli {
namespace {

void align(std::string& archive) { archive.resize((archive.size() + 3) & ~std::size_t{3}); }

// One entry in the "newc" format of cpio: a header of hexadecimal fields, the name, the content.
void add_entry(std::string& archive, std::string_view name, unsigned mode, std::string_view content) {
  constexpr unsigned owner = 0;
  constexpr unsigned links = 1;
  // An inode number: any that is not used twice.
  const auto number = static_cast<unsigned>(archive.size());
  archive += fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", number, mode, owner, owner,
                         links, 0, content.size());
  archive += fmt::format("{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", 0, 0, 0, 0, name.size() + 1, 0);
  archive += name;
  archive.push_back('\0');
  align(archive);
  archive += content;
  align(archive);
}

std::string command_archive(std::string_view command) {
  constexpr unsigned directory = 0040755;
  constexpr unsigned script = 0100755;
  std::string archive;
  add_entry(archive, "cmma", directory, "");
  add_entry(archive, command_file, script, fmt::format("#!/bin/sh\n{}\n", command));
  add_entry(archive, "TRAILER!!!", 0, "");
  return archive;
}

}  // namespace

Expected<std::string> build_initrd(const std::filesystem::path& base, const BootOptions& options) {
  std::string all;
  const auto add_file = [&](const std::filesystem::path& path) -> Expected<void> {
    auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    align(all);
    all += *bytes;
    return {};
  };
  if (auto added = add_file(base); !added) return std::unexpected(added.error());
  for (const auto& overlay : options.overlays) {
    if (auto added = add_file(overlay); !added) return std::unexpected(added.error());
  }
  if (options.command) {
    align(all);
    all += command_archive(*options.command);
  }
  return all;
}

}  // namespace cmma::cli
