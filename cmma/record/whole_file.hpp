// Files that are whole or not there.
//
// Who may call it: whoever writes a result that a user looks at.
//
// Invariants
//   W1  A file is written beside its place and then renamed; after an error nothing is left of it.
#ifndef CMMA_RECORD_WHOLE_FILE_HPP
#define CMMA_RECORD_WHOLE_FILE_HPP

#include <expected>
#include <string>
#include <string_view>

namespace cmma::record {

// The error is "FILE: REASON".
[[nodiscard]] std::expected<void, std::string> write_whole_file(const std::string& path,
                                                                std::string_view text);

}  // namespace cmma::record
#endif
