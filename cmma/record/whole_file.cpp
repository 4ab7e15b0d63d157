#include "record/whole_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace cmma::record {

std::expected<void, std::string> write_whole_file(const std::string& path, std::string_view text) {
  const auto failure = [&path](int error) {
    return std::unexpected(fmt::format("{}: {}", path, std::generic_category().message(error)));
  };
  const std::string draft = path + ".part";
  std::FILE* file = std::fopen(draft.c_str(), "we");
  if (file == nullptr) return failure(errno);
  int error = 0;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(draft.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    std::remove(draft.c_str());
    return failure(error);
  }
  return {};
}

}  // namespace cmma::record
