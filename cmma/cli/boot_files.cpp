#include "cli/boot_files.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "cli/subcommand.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<Failure> host_failure(std::string text) {
  return std::unexpected(Failure{exit_host, std::move(text)});
}

// The configuration file has no way to write such names (and expands some of them).
bool can_be_configured(const std::string& text) {
  return text.find_first_of(" \t\n\"'#$,") == std::string::npos;
}

Expected<void> write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return host_failure(fmt::format("cannot write {}", path.string()));
  return {};
}

// The CMMA statement's operand.
Expected<std::string> host_options(const BootOptions& options) {
  std::vector<std::string> all;
  if (!options.frames.empty()) all.push_back("frames=" + options.frames);
  if (!options.policy.empty()) all.push_back("policy=" + options.policy);
  if (options.seed || options.determinism.on)
    all.push_back(fmt::format("seed={}", options.seed.value_or(default_seed)));
  // One thread: there is none that could answer.
  if (options.determinism.on) all.emplace_back("strays=in-place");
  // The machine runs in another folder's terms: absolute names only.
  if (!options.json.empty()) all.push_back("json=" + fs::absolute(options.json).string());
  if (!options.kernel_log.empty()) all.push_back("kernel-log=" + fs::absolute(options.kernel_log).string());
  if (!options.trace.empty()) all.push_back("trace=" + fs::absolute(options.trace).string());
  all.insert(all.end(), options.host_options.begin(), options.host_options.end());
  std::string joined;
  for (const std::string& option : all) {
    if (!can_be_configured(option)) {
      return std::unexpected(
          Failure{exit_usage, fmt::format("\"{}\": no blanks, quotes, commas, # or $ here, please", option)});
    }
    if (!joined.empty()) joined.push_back(',');
    joined += option;
  }
  // A statement without an operand would not be one.
  return joined.empty() ? fmt::format("frames={}", options.memory) : joined;
}

std::string gdb_statement(const BootOptions& options, bool linux_kernel) {
  // Linux from 6.10 on moves itself there, and its vmlinux says otherwise.
  constexpr std::string_view linux_text = "3ffe0100000";
  const std::string_view text = options.gdb_text.empty() && linux_kernel ? linux_text : options.gdb_text;
  return fmt::format("GDBSERVER {}{}{}{}\n", *options.gdb, options.gdb_wait ? " WAIT" : "",
                     text.empty() ? "" : " TEXT=", text);
}

Expected<std::string> configuration_text(const BootOptions& options, bool patched, bool linux_kernel,
                                         const fs::path& folder) {
  std::string text =
      "ARCHMODE z/Arch\n"
      "CPUSERIAL 000001\n"
      "CPUMODEL 2097\n"
      "PGMPRDOS LICENSED\n"
      "OSTAILOR QUIET\n"
      "DIAG8CMD DISABLE\n"
      "SHCMDOPT DISABLE\n"
      "PANRATE 1000\n";
  text += fmt::format("MAINSIZE {}\nNUMCPU {}\n", options.memory >> 20, options.cpus);
  if (patched) {
    text += fmt::format("GUESTCONSOLE out={} in={}{}\nENDMODE GUEST\n", console_out_descriptor,
                        console_in_descriptor, linux_kernel ? " LINUX" : "");
  }
  if (options.gdb) text += gdb_statement(options, linux_kernel);
  if (!options.no_cmma) {
    auto operand = host_options(options);
    if (!operand) return std::unexpected(operand.error());
    text += fmt::format("CMMA control={}{}{}\n", control_descriptor, operand->empty() ? "" : ",", *operand);
  }
  constexpr unsigned first_device = 0x0120;
  for (std::size_t i = 0; i < options.disks.size(); ++i) {
    const unsigned number = first_device + static_cast<unsigned>(i);
    // By a link in our folder, whose name the configuration file can hold whatever the image is called.
    const fs::path link = folder / fmt::format("disk{:04x}", number);
    std::error_code error;
    fs::create_symlink(fs::absolute(options.disks[i]), link, error);
    if (error) return host_failure(fmt::format("{}: {}", link.string(), error.message()));
    text += fmt::format("{:04X} 3370 {}\n", number, link.string());
  }
  // A machine without any device is refused; a card reader without cards does no harm.
  if (options.disks.empty()) text += "000C 3505\n";
  return text;
}

}  // namespace

Expected<BootFiles> BootFiles::write(const Image& image, const BootOptions& options, bool patched) {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "cmma-boot-XXXXXX").string();
  if (error || !can_be_configured(name) || ::mkdtemp(name.data()) == nullptr) {
    return host_failure(fmt::format("cannot make a temporary folder {}", name));
  }
  BootFiles files{fs::path(name)};

  std::string to_load;
  for (std::size_t i = 0; i < image.pieces.size(); ++i) {
    const std::string piece = fmt::format("piece{}", i);
    if (auto done = write_file(files.folder_ / piece, image.pieces[i].bytes); !done) {
      return std::unexpected(done.error());
    }
    to_load += fmt::format("{} {:#x}\n", piece, image.pieces[i].address);
  }
  const fs::path load_list = files.folder_ / "guest.ins";
  if (auto done = write_file(load_list, to_load); !done) return std::unexpected(done.error());

  const auto configuration = configuration_text(options, patched, image.linux_kernel, files.folder_);
  if (!configuration) return std::unexpected(configuration.error());
  if (auto done = write_file(files.configuration(), *configuration); !done)
    return std::unexpected(done.error());
  if (auto done = write_file(files.script(), fmt::format("ipl {}\n", load_list.string())); !done) {
    return std::unexpected(done.error());
  }
  return files;
}

BootFiles::BootFiles(BootFiles&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

BootFiles::~BootFiles() {
  if (folder_.empty()) return;
  std::error_code ignored;  // a folder left behind in the temporary folder is no reason to fail
  fs::remove_all(folder_, ignored);
}

}  // namespace cmma::cli
