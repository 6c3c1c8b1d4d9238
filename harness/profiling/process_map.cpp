// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_map.hpp"

#include <optional>

#include "harness/platform/proc_text.hpp"

namespace regatta::profiling {
namespace {

constexpr std::string_view deleted_mark = " (deleted)";

// "7f1c77fe3000-7f1c77fe5000 r-xp 00002000 fe:01 1234        /lib/x.so (deleted)"
std::optional<mapped_range> parse_line(std::string_view line) {
  std::string_view addresses = proc_text::next_word(line);
  const auto begin = proc_text::hexadecimal(proc_text::next_field(addresses, '-'));
  const auto end = proc_text::hexadecimal(addresses);
  const std::string_view rights = proc_text::next_word(line);
  const auto offset = proc_text::hexadecimal(proc_text::next_word(line));
  mapped_range range;
  range.device = proc_text::next_word(line);
  const auto inode = proc_text::number<std::uint64_t>(proc_text::next_word(line));
  if (!begin || !end || !offset || !inode || rights.size() < 3) return std::nullopt;
  std::string_view path = proc_text::trimmed(line);
  range.deleted = path.ends_with(deleted_mark);
  if (range.deleted) path.remove_suffix(deleted_mark.size());
  range.begin = *begin;
  range.end = *end;
  range.offset = *offset;
  range.inode = *inode;
  range.executable = rights[2] == 'x';
  range.path = path;
  return range;
}

// Where the linker put it, up to what segments are aligned to; and not where the process mapped a
// part of its own file once more, as V8 does to have its built-in functions near what it compiles.
bool is_part(const mapped_range& range, const mapped_range& first) {
  constexpr std::uint64_t most_padding = 16U << 20U;
  if (range.inode != first.inode || range.device != first.device || range.offset == 0) return false;
  return range.begin - first.begin - range.offset < most_padding;
}

}  // namespace

std::vector<mapped_range> parse_process_map(std::string_view text) {
  std::vector<mapped_range> ranges;
  while (!text.empty()) {
    if (auto range = parse_line(proc_text::next_field(text, '\n'))) {
      ranges.push_back(std::move(*range));
    }
  }
  return ranges;
}

std::vector<mapped_module> modules_of(const std::vector<mapped_range>& ranges) {
  std::vector<mapped_module> modules;
  std::vector<bool> has_code;
  for (const mapped_range& range : ranges) {
    const bool vdso = range.path == "[vdso]";
    if (range.inode == 0 && !vdso) continue;  // what has no file may lie between its parts
    if (range.offset == 0) {
      modules.push_back({range, range.end});
      has_code.push_back(range.executable);
    } else if (!modules.empty() && is_part(range, modules.back().first)) {
      modules.back().end = range.end;
      has_code.back() = has_code.back() || range.executable;
    }
  }
  std::size_t next = 0;
  std::erase_if(modules, [&](const mapped_module&) { return !has_code[next++]; });
  return modules;
}

const mapped_range* twin_of(const std::vector<mapped_range>& ranges,
                            const std::vector<mapped_module>& modules, const mapped_range& range) {
  for (const mapped_module& module : modules) {
    if (range.inode == 0 || module.first.inode != range.inode) continue;
    for (const mapped_range& other : ranges) {
      const bool inside = module.first.begin <= other.begin && other.end <= module.end;
      const bool covers =
          other.offset <= range.offset &&
          range.offset - other.offset + (range.end - range.begin) <= other.end - other.begin;
      if (inside && covers && other.executable && other.inode == range.inode &&
          other.device == range.device)
        return &other;
    }
  }
  return nullptr;
}

}  // namespace regatta::profiling
