// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace regatta::profiling {

/// One line of /proc/PID/maps (proc(5)).
struct mapped_range {
  std::uint64_t begin = 0, end = 0;
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t inode = 0;   ///< 0: no file
  std::string device;        ///< "fe:01"
  std::string path;          ///< as seen from here, without " (deleted)"; "[vdso]"; or empty
  bool executable = false;
  bool deleted = false;  ///< the file has no name any more: replaced by a new version, perhaps

  bool operator==(const mapped_range&) const = default;
};

/// In order of address. Lines nobody understands are left out.
std::vector<mapped_range> parse_process_map(std::string_view text);

/// A file whose code is mapped, from its first mapping to its last one; or the vdso.
struct mapped_module {
  mapped_range first;  ///< its beginning in the file is where the ELF header is, as a rule
  std::uint64_t end = 0;

  /// The same file at the same place, whatever became of its name and its parts' rights.
  bool operator==(const mapped_module& other) const {
    return first.begin == other.first.begin && end == other.end &&
           first.inode == other.first.inode && first.device == other.first.device;
  }
};

/// Those that have code.
std::vector<mapped_module> modules_of(const std::vector<mapped_range>& ranges);

/// The mapping inside of a module that has all of the file that `range`, which is outside of it,
/// has too. null if there is none. A pointer into `ranges`.
const mapped_range* twin_of(const std::vector<mapped_range>& ranges,
                            const std::vector<mapped_module>& modules, const mapped_range& range);

/// "libc.so.6" of "/lib/x86_64-linux-gnu/libc.so.6".
inline std::string_view file_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace regatta::profiling
