// `cmma boot`: boots a guest on the emulated machine. docs/how-to-boot.md describes it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>

#include "cli/boot_determinism.hpp"
#include "cli/boot_files.hpp"
#include "cli/boot_image.hpp"
#include "cli/boot_initrd.hpp"
#include "cli/boot_process.hpp"
#include "cli/subcommand.hpp"

namespace cmma::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = 1ull << 20;

// This program is build/bin/cmma; what it needs is in build too.
fs::path build_folder() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path(); }

std::unexpected<Failure> usage(std::string text) {
  return std::unexpected(Failure{exit_usage, std::move(text)});
}

// A built part, or how to get it.
Expected<fs::path> built_part(const fs::path& name, std::string_view part) {
  fs::path path = build_folder() / name;
  if (fs::exists(path)) return path;
  return std::unexpected(
      Failure{exit_host, fmt::format("there is no {}: run ./testbed build {}", path.string(), part)});
}

// Does this Hercules know the statements of our patches? Its libraries hold their names.
Expected<bool> is_patched(const fs::path& program) {
  for (const fs::path& file :
       {program.parent_path() / "../lib/libherc.so", program.parent_path() / ".libs/libherc.so", program}) {
    if (!fs::exists(file)) continue;
    auto bytes = read_file(file);
    if (!bytes) return std::unexpected(bytes.error());
    std::ranges::transform(*bytes, bytes->begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (bytes->find("guestconsole") != std::string::npos) return true;
  }
  return false;
}

Expected<void> check(const BootOptions& options) {
  if (options.memory % mebibyte != 0 || options.memory < 2 * mebibyte) {
    return usage("--memory: a multiple of 1M, at least 2M");
  }
  if (!options.frames.empty()) {
    const auto frames = parse_size(options.frames);
    if (!frames || *frames == 0 || *frames % 4096 != 0) {
      return usage("--frames: a multiple of 4K, such as 128M");
    }
    if (*frames > options.memory) return usage("--frames: not more than --memory");
  }
  const bool of_the_host = !options.frames.empty() || !options.policy.empty() || options.seed ||
                           !options.json.empty() || !options.trace.empty() || !options.kernel_log.empty() ||
                           !options.host_options.empty();
  if (options.no_cmma && of_the_host) {
    return usage(
        "--no-cmma: without the host there is no --frames, --policy, --seed, --json, --trace, "
        "--kernel-log or --cmma-option");
  }
  if ((options.gdb_wait || !options.gdb_text.empty()) && !options.gdb)
    return usage("--gdb-wait and --gdb-text need --gdb PORT");
  if (options.gdb_text.find_first_not_of("0123456789abcdefABCDEF",
                                         options.gdb_text.starts_with("0x") ? 2 : 0) != std::string::npos) {
    return usage("--gdb-text: a hexadecimal address");
  }
  if (options.gdb && options.determinism.check) return usage("--gdb: not with --check-determinism");
  for (const fs::path& disk : options.disks) {
    std::error_code error;
    const auto size = fs::file_size(disk, error);
    if (error) return usage(fmt::format("--disk: {}: {}", disk.string(), error.message()));
    if (size == 0 || size % 512 != 0) {
      return usage(fmt::format("--disk: {}: its size is not a multiple of 512 bytes", disk.string()));
    }
  }
  for (const auto& [option, file] : {std::pair{"--json", options.json}, std::pair{"--trace", options.trace},
                                     std::pair{"--kernel-log", options.kernel_log}}) {
    if (!file.empty() && !fs::is_directory(fs::absolute(file).parent_path()))
      return usage(fmt::format("{}: no folder for {}", option, file.string()));
  }
  return {};
}

// Everything that goes into main storage before the start.
Expected<Image> load(const BootOptions& options) {
  fs::path kernel = options.kernel;
  if (kernel.empty()) {
    auto own = built_part("kernel/bzImage", "kernel");
    if (!own) return std::unexpected(own.error());
    kernel = *own;
  }
  auto bytes = read_file(kernel);
  if (!bytes) return std::unexpected(bytes.error());
  auto image = parse_image(std::move(*bytes), kernel.string());
  if (!image) return image;
  if (!image->linux_kernel) {
    if (!options.initrd.empty() || !options.overlays.empty() || !options.append.empty() || options.command) {
      return usage("--initrd, --overlay, --append and --run are for Linux kernels only");
    }
  } else {
    fs::path initrd = options.initrd;
    if (initrd.empty()) {
      auto own = built_part("rootfs/initrd.cpio.gz", "rootfs");
      if (!own) return std::unexpected(own.error());
      initrd = *own;
    }
    auto archives = build_initrd(initrd, options);
    if (!archives) return std::unexpected(archives.error());
    const std::string line = "console=ttyS0 " + options.append;
    auto added = add_linux_parameters(*image, std::move(*archives), line, options.memory);
    if (!added) return std::unexpected(added.error());
  }
  if (image->end > options.memory)
    return usage(fmt::format("{} does not fit into --memory", kernel.string()));
  return image;
}

Expected<int> run_once(const MachineRun& run, const Image& image, const BootOptions& options) {
  const auto files = BootFiles::write(image, options, run.patched);
  if (!files) return std::unexpected(files.error());
  return run_machine(run, *files, options);
}

// The guest came to an end of its own, or would not in its own time: the run can be repeated.
bool ended(const Expected<int>& status) {
  return status || status.error().status == exit_guest_failed || status.error().status == exit_hang;
}

// --check-determinism: the second run shows nothing of its own but where it goes another way.
Expected<int> run_twice(MachineRun run, const Image& image, BootOptions options) {
  std::string name = (fs::temp_directory_path() / "cmma-events-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return std::unexpected(Failure{exit_host, fmt::format("cannot make {}", name)});
  const fs::path folder = name;
  Expected<int> status = exit_good;
  for (const char* log : {"first", "second"}) {
    options.determinism.events = folder / log;
    run.determinism = determinism_text(options);
    status = run_once(run, image, options);
    if (!ended(status)) break;
    run.quiet_console = true;
    // The second run hears what the first one heard.
    if (!options.determinism.record.empty()) {
      options.determinism.replay = std::exchange(options.determinism.record, {});
    }
  }
  auto difference = first_difference(folder / "first", folder / "second");
  fs::remove_all(folder);
  if (!ended(status)) return status;
  if (!difference) return std::unexpected(difference.error());
  if (!difference->empty()) return std::unexpected(Failure{exit_host, "not deterministic: " + *difference});
  fmt::print(stderr, "cmma: two runs, the same events\n");
  return status;
}

Expected<int> boot(const BootOptions& options) {
  if (auto good = check(options); !good) return std::unexpected(good.error());
  if (auto good = check_determinism_options(options); !good) return std::unexpected(good.error());
  MachineRun run;
  if (options.hercules.empty()) {
    auto own = built_part("hercules/bin/hercules", "hercules");
    if (!own) return std::unexpected(own.error());
    run.program = *own;
  } else {
    run.program = fs::absolute(options.hercules);
    if (!fs::is_regular_file(run.program))
      return usage(fmt::format("--hercules: no {}", run.program.string()));
  }
  const auto patched = is_patched(run.program);
  if (!patched) return std::unexpected(patched.error());
  if (!*patched && !options.no_cmma) {
    return usage(fmt::format("{} is a Hercules without CMMA: add --no-cmma", run.program.string()));
  }
  if (!*patched && options.gdb)
    return usage(fmt::format("--gdb: {} has no gdb server", run.program.string()));
  run.patched = *patched;
  run.interactive = !options.command;
  run.expects_status = options.command.has_value();

  const auto image = load(options);
  if (!image) return std::unexpected(image.error());
  run.determinism = determinism_text(options);
  run.fork_driver = options.determinism.fork_driver;
  return options.determinism.check ? run_twice(run, *image, options) : run_once(run, *image, options);
}

}  // namespace

std::optional<std::uint64_t> parse_size(const std::string& text) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  constexpr std::uint64_t limit = 1ull << 30;  // of the number before the suffix; far beyond any machine here
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    if (value > limit << 10) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  const std::string suffix = text.substr(digits);
  if (suffix.empty()) return value;
  if (suffix == "K") return value << 10;
  if (suffix == "M") return value << 20;
  if (suffix == "G") return value << 30;
  return std::nullopt;
}

void register_boot(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("boot", "Boot a guest on the emulated machine");
  struct Asked {
    BootOptions options;
    std::string memory = "512M";
  };
  auto asked = std::make_shared<Asked>();
  auto& options = asked->options;
  command->add_option("--kernel", options.kernel,
                      "Linux bzImage, s390x ELF, or an image that begins with an IPL PSW");
  command->add_option("--initrd", options.initrd, "Initial root instead of the default one");
  command->add_option("--overlay", options.overlays, "A cpio archive that is laid over the initial root")
      ->allow_extra_args(false);
  command->add_option("--append", options.append, "Added to the kernel's command line");
  command->add_option("--memory", asked->memory, "Main storage of the guest")->capture_default_str();
  command->add_option("--frames", options.frames, "Frames that the host owns (default: as much as --memory)");
  command->add_option("--cpus", options.cpus, "Number of CPUs")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  command->add_option("--disk", options.disks, "Disk image, as devices 0120, 0121, ... (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--policy", options.policy, "clock, state-first, random, storm or none");
  command->add_option("--seed", options.seed, "Seed of everything random in the host");
  command->add_flag("--deterministic", options.determinism.on, "The same seed gives the same run");
  command->add_flag("--check-determinism", options.determinism.check,
                    "Run twice; say where the runs differ first");
  command->add_option("--det-option", options.determinism.options, "NAME=VALUE, as in docs/determinism.md")
      ->allow_extra_args(false);
  command->add_option("--events", options.determinism.events,
                      "Write what the unseed is made of to this file");
  command->add_option("--record-input", options.determinism.record,
                      "Write what comes from outside, and when");
  command->add_option("--fork-driver", options.determinism.fork_driver)
      ->group("");  // for `cmma race explore`
  command->add_option("--replay-input", options.determinism.replay, "Take what comes from outside from there")
      ->check(CLI::ExistingFile);
  command->add_option("--run", options.command, "Run this shell command in the guest, then power off");
  command->add_option("--timeout", options.timeout, "Give up after so many seconds")
      ->take_last()
      ->check(CLI::NonNegativeNumber);
  constexpr double longest_limit = 1e6;
  command
      ->add_option(
          "--limit", options.determinism.limit,
          "Of a deterministic guest: it hangs if it has not ended after so many seconds of its own time")
      ->take_last()
      ->check(CLI::Range(0.0, longest_limit));
  command->add_option("--json", options.json, "Write the host's report to this file");
  command->add_option("--kernel-log", options.kernel_log,
                      "Write what a Linux guest has logged to this file, from its memory, at the end");
  command->add_option("--trace", options.trace, "Write the host's events to this file");
  constexpr unsigned highest_port = 65535;
  command->add_option("--gdb", options.gdb, "Let gdb attach to this port of the loopback address (0: any)")
      ->check(CLI::Range(0u, highest_port));
  command->add_flag("--gdb-wait", options.gdb_wait, "Do not start the guest before gdb has attached");
  command->add_option("--gdb-text", options.gdb_text,
                      "Where the guest's program is, if not where it was linked to");
  command->add_flag("--no-cmma", options.no_cmma, "No host: the machine keeps all of main storage");
  command->add_option("--cmma-option", options.host_options, "NAME=VALUE for the host, as in docs/options.md")
      ->allow_extra_args(false);
  command->add_option("--hercules", options.hercules, "Another Hercules than the one built here");
  command->add_option("--log", options.log, "Write all messages of the machine to this file");
  command->add_flag("--verbose", options.verbose, "Show all messages of the machine on standard error");
  command->callback([&run, asked] {
    run = [asked] {
      Expected<int> status = usage("--memory: a size such as 512M");
      if (const auto memory = parse_size(asked->memory)) {
        asked->options.memory = *memory;
        status = boot(asked->options);
      }
      if (status) return *status;
      fmt::print(stderr, "cmma: {}\n", status.error().text);
      return status.error().status;
    };
  });
}

}  // namespace cmma::cli
