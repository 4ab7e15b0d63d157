// The files that one run of the machine needs, in a folder of its own that goes away with the object:
// configuration, IPL script, description of what to load, and the pieces to load.
#ifndef CMMA_CLI_BOOT_FILES_HPP
#define CMMA_CLI_BOOT_FILES_HPP

#include "cli/boot_image.hpp"
#include "cli/boot_options.hpp"

namespace cmma::cli {

// Numbers of the descriptors that the machine inherits for the guest's console.
inline constexpr int console_out_descriptor = 3;
inline constexpr int console_in_descriptor = 4;
inline constexpr int control_descriptor = 5;  // commands for the host, a line each

class BootFiles {
 public:
  // `patched` says whether the machine knows the statements that this project adds.
  static Expected<BootFiles> write(const Image& image, const BootOptions& options, bool patched);
  ~BootFiles();
  BootFiles(const BootFiles&) = delete;
  BootFiles& operator=(const BootFiles&) = delete;
  BootFiles(BootFiles&& other) noexcept;
  BootFiles& operator=(BootFiles&&) = delete;

  [[nodiscard]] std::filesystem::path configuration() const { return folder_ / "hercules.cnf"; }
  [[nodiscard]] std::filesystem::path script() const { return folder_ / "hercules.rc"; }

 private:
  explicit BootFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;  // empty after a move
};

}  // namespace cmma::cli
#endif
