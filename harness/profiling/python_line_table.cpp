// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/python_line_table.hpp"

#include <cstdint>

namespace regatta::profiling {
namespace {

constexpr std::size_t code_unit = 2;  // bytes
// Kinds of entries; the smaller ones are short forms: one byte more, and the line stays.
constexpr unsigned one_line_form = 10, no_columns = 13, long_form = 14, no_place = 15;

// Reads the numbers of an entry; each byte has six bits, the least significant first.
class entry_reader {
 public:
  explicit entry_reader(std::span<const std::byte> table) : rest_(table) {}

  bool at_end() const { return rest_.empty(); }
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  unsigned number() {
    unsigned value = 0;
    unsigned part = 0;
    for (unsigned shift = 0; shift < 32; shift += 6) {
      part = byte();
      value |= (part & 63U) << shift;
      if ((part & 64U) == 0) break;
    }
    return value;
  }
  int signed_number() {
    const unsigned value = number();
    const auto size = static_cast<int>(value >> 1U);
    return (value & 1U) != 0 ? -size : size;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

std::optional<unsigned> python_line(std::span<const std::byte> table, unsigned first_line,
                                    std::size_t offset) {
  entry_reader entries(table);
  std::int64_t line = first_line;
  std::size_t end = 0;
  while (!entries.at_end()) {
    const unsigned head = entries.byte();
    if ((head & 128U) == 0) return std::nullopt;  // not the beginning of an entry
    const unsigned kind = (head >> 3U) & 15U;
    end += ((head & 7U) + 1) * code_unit;
    if (kind == long_form) {
      line += entries.signed_number();
      for (int i = 0; i < 3; ++i) entries.number();  // end line, columns
    } else if (kind == no_columns) {
      line += entries.signed_number();
    } else if (kind >= one_line_form && kind < no_columns) {
      line += kind - one_line_form;
      entries.byte();
      entries.byte();
    } else if (kind < one_line_form) {
      entries.byte();
    }
    if (offset >= end) continue;
    if (kind == no_place || line <= 0) return std::nullopt;
    return static_cast<unsigned>(line);
  }
  return std::nullopt;
}

}  // namespace regatta::profiling
