// Text for a page: escaping, and figures as people read them.
//
// Who may call it: the other files of this folder, and tests.
//
// Invariants
//   P1  Text that does not come from this folder reaches the page through `escape` only.
#ifndef CMMA_PAGE_MARKUP_HPP
#define CMMA_PAGE_MARKUP_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace cmma::page {

// For text and for values of attributes in double quotes. Control characters become U+FFFD, and so do bytes
// that are not UTF-8.
[[nodiscard]] std::string escape(std::string_view text);

// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

// The integer part; what is beyond the range of the type becomes its end.
[[nodiscard]] std::uint64_t whole(double number);
// Three digits and a word: "5.02 billion"; "0" to "9,999" as they are.
[[nodiscard]] std::string rounded(double number);
// Of so many blocks: "512 MB", "1.5 GB".
[[nodiscard]] std::string size_of_blocks(double blocks);
// "57 %", "0.3 %", "under 0.1 %", and "0 %" if `of` is 0.
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t of);

}  // namespace cmma::page
#endif
