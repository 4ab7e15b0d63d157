// The ring buffer of printk (Linux 6.12 kernel/printk/printk_ringbuffer.h): a ring of descriptors and a ring
// of text. A descriptor has its state in the two highest bits of a word, and its ID below them. The text of a
// record is between two logical positions, behind a word; it is at the start of the ring if it would not fit
// before its end.
#include "linux/kernel_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace cmma::linux_guest {
namespace {

using Number = std::expected<std::uint64_t, std::string>;

// V1. Of the rings, as powers of 2: as much as CONFIG_LOG_BUF_SHIFT allows (25), with a record for 32 bytes.
// log_buf_len= on the kernel's command line can ask for more, which is refused.
constexpr std::uint64_t most_records = 20;
constexpr std::uint64_t most_text = 25;
constexpr std::size_t longest_log = std::size_t{1} << 28;  // records may share their text

constexpr std::uint64_t id_size = 8;     // before a text
constexpr std::uint64_t empty_line = 3;  // the position of a record with a text of no length
constexpr std::uint64_t id_mask = ~std::uint64_t{0} >> 2;
enum class State : std::uint8_t { reserved, committed, finalized, reusable };

// Sizes and offsets in the kernel's structures, with their names in VMCOREINFO.
struct Layout {
  std::uint64_t descriptors = 0;
  std::uint64_t text = 0;
  std::uint64_t count_bits = 0;
  std::uint64_t descs = 0;
  std::uint64_t infos = 0;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  std::uint64_t desc_size = 0;
  std::uint64_t state = 0;
  std::uint64_t position = 0;
  std::uint64_t begin = 0;
  std::uint64_t next = 0;
  std::uint64_t info_size = 0;
  std::uint64_t time = 0;
  std::uint64_t length = 0;
  std::uint64_t size_bits = 0;
  std::uint64_t data = 0;
};
struct Field {
  std::uint64_t Layout::* to;
  const char* name;
};
constexpr std::array<Field, 17> fields{{{&Layout::descriptors, "OFFSET(printk_ringbuffer.desc_ring)"},
                                        {&Layout::text, "OFFSET(printk_ringbuffer.text_data_ring)"},
                                        {&Layout::count_bits, "OFFSET(prb_desc_ring.count_bits)"},
                                        {&Layout::descs, "OFFSET(prb_desc_ring.descs)"},
                                        {&Layout::infos, "OFFSET(prb_desc_ring.infos)"},
                                        {&Layout::head, "OFFSET(prb_desc_ring.head_id)"},
                                        {&Layout::tail, "OFFSET(prb_desc_ring.tail_id)"},
                                        {&Layout::desc_size, "SIZE(prb_desc)"},
                                        {&Layout::state, "OFFSET(prb_desc.state_var)"},
                                        {&Layout::position, "OFFSET(prb_desc.text_blk_lpos)"},
                                        {&Layout::begin, "OFFSET(prb_data_blk_lpos.begin)"},
                                        {&Layout::next, "OFFSET(prb_data_blk_lpos.next)"},
                                        {&Layout::info_size, "SIZE(printk_info)"},
                                        {&Layout::time, "OFFSET(printk_info.ts_nsec)"},
                                        {&Layout::length, "OFFSET(printk_info.text_len)"},
                                        {&Layout::size_bits, "OFFSET(prb_data_ring.size_bits)"},
                                        {&Layout::data, "OFFSET(prb_data_ring.data)"}}};

std::expected<Layout, std::string> read_layout(const Memory& memory) {
  Layout layout;
  for (const Field& field : fields) {
    const Number number = memory.number(field.name);
    if (!number) return std::unexpected(number.error());
    layout.*field.to = *number;
  }
  return layout;
}

void add_line(std::string& log, std::uint64_t nanoseconds, std::string_view text) {
  const std::uint64_t microseconds = nanoseconds / 1000;
  for (bool first = true; first || !text.empty(); first = false) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    log += fmt::format("[{:5}.{:06}] ", microseconds / 1000000, microseconds % 1000000);
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte >= ' ' && byte < 0x7f) || byte == '\t') {
        log += c;
      } else {
        log += fmt::format("\\x{:02x}", byte);
      }
    }
    log += '\n';
  }
}

class Ring {
 public:
  static std::expected<Ring, std::string> open(const Memory& memory) {
    const auto layout = read_layout(memory);
    if (!layout) return std::unexpected(layout.error());
    Ring ring(memory, *layout);
    Number at = memory.number("SYMBOL(prb)");
    if (at) at = memory.word(*at);
    if (!at) return std::unexpected(at.error());
    const std::uint64_t descriptors = *at + layout->descriptors;
    const std::uint64_t text = *at + layout->text;
    for (const auto& [to, address, bytes] :
         {std::tuple{&ring.count_bits_, descriptors + layout->count_bits, 4U},
          std::tuple{&ring.descs_, descriptors + layout->descs, 8U},
          std::tuple{&ring.infos_, descriptors + layout->infos, 8U},
          std::tuple{&ring.head_, descriptors + layout->head, 8U},
          std::tuple{&ring.tail_, descriptors + layout->tail, 8U},
          std::tuple{&ring.size_bits_, text + layout->size_bits, 4U},
          std::tuple{&ring.data_, text + layout->data, 8U}}) {
      const Number word = memory.word(address, bytes);
      if (!word) return std::unexpected(word.error());
      *to = *word;
    }
    if (ring.count_bits_ > most_records || ring.size_bits_ > most_text)
      return std::unexpected(
          fmt::format("the kernel's log has 2^{} records and 2^{} bytes; 2^{} and 2^{} are read at most",
                      ring.count_bits_, ring.size_bits_, most_records, most_text));
    return ring;
  }

  [[nodiscard]] std::expected<std::string, std::string> all() const {
    std::string log;
    std::uint64_t id = tail_ & id_mask;
    for (std::uint64_t i = 0; i < 1ull << count_bits_; ++i, id = (id + 1) & id_mask) {
      if (auto added = add(log, id); !added) return std::unexpected(added.error());
      if (log.size() > longest_log) return std::unexpected("the kernel's log has no end");
      if (id == (head_ & id_mask)) break;
    }
    return log;
  }

 private:
  Ring(const Memory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  [[nodiscard]] std::expected<void, std::string> add(std::string& log, std::uint64_t id) const {
    const std::uint64_t index = id & ((1ull << count_bits_) - 1);
    const std::uint64_t desc = descs_ + index * layout_.desc_size;
    const std::uint64_t info = infos_ + index * layout_.info_size;
    const Number state = memory_.word(desc + layout_.state);
    const Number begin = memory_.word(desc + layout_.position + layout_.begin);
    const Number next = memory_.word(desc + layout_.position + layout_.next);
    const Number time = memory_.word(info + layout_.time);
    const Number length = memory_.word(info + layout_.length, 2);
    for (const Number* number : {&state, &begin, &next, &time, &length}) {
      if (!*number) return std::unexpected(number->error());
    }
    const auto kind = static_cast<State>(*state >> 62);
    const bool is_written = kind == State::committed || kind == State::finalized;
    if (!is_written || (*state & id_mask) != id) return {};
    const auto block = block_of(*begin, *next);
    if (!block && *begin != empty_line) return {};
    std::string text(block ? std::min(*length, block->size) : 0, '\0');
    if (auto copied = memory_.copy(data_ + (block ? block->from : 0),
                                   std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
        !copied)
      return copied;
    add_line(log, *time, text);
    return {};
  }

  struct Block {
    std::uint64_t from, size;
  };

  // Where the text between two logical positions is; nothing for a record without text, and for nonsense.
  [[nodiscard]] std::optional<Block> block_of(std::uint64_t begin, std::uint64_t next) const {
    if (((begin | next) & 1) != 0) return std::nullopt;
    const std::uint64_t size = 1ull << size_bits_;
    Block block{.from = begin & (size - 1), .size = next - begin};
    if (begin >> size_bits_ != next >> size_bits_) {
      if ((begin + size) >> size_bits_ != next >> size_bits_) return std::nullopt;
      block = {.from = 0, .size = next & (size - 1)};
    }
    if (begin >= next || block.size < id_size) return std::nullopt;
    return Block{.from = block.from + id_size, .size = block.size - id_size};
  }

  const Memory& memory_;
  Layout layout_;
  std::uint64_t count_bits_ = 0;
  std::uint64_t descs_ = 0;
  std::uint64_t infos_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::uint64_t size_bits_ = 0;
  std::uint64_t data_ = 0;
};

}  // namespace

std::expected<std::string, std::string> read_kernel_log(Peek peek) {
  const auto memory = Memory::open(std::move(peek));
  if (!memory) return std::unexpected(memory.error());
  const auto ring = Ring::open(*memory);
  if (!ring) return std::unexpected(ring.error());
  return ring->all();
}

}  // namespace cmma::linux_guest
