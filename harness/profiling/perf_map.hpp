// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/profiling/profile_frame.hpp"

namespace regatta::profiling {

/// profile_frame::module of a function that was compiled at run time.
inline constexpr const char* jit_module = "[jit]";

/// Names of code that a runtime compiled while it ran: the file perf-PID.map that node writes with
/// --perf-basic-prof and CPython 3.12 with -X perf. Each line "begin size name", in hexadecimal; a
/// later line replaces what it overlaps, as the memory is used again.
/// Thread safety: one thread at a time.
class perf_map {
 public:
  /// Adds lines. An unfinished last line, which its writer is at, is left; returns what was read.
  std::size_t add(std::string_view text);
  /// With the address given.
  std::optional<profile_frame> at(std::uint64_t address) const;
  std::size_t size() const { return functions_.size(); }

 private:
  struct function {
    std::uint64_t end = 0;
    std::string name;
  };
  std::map<std::uint64_t, function> functions_;  // by their beginning; none overlap
};

/// What such a name says: "LazyCompile:*sum /srv/app.js:12:7" is sum in line 12 of /srv/app.js,
/// "py::sum:/srv/app.py" is sum of /srv/app.py.
profile_frame perf_map_frame(std::string_view name);

/// The perf map of a process, as far as it was written, from the /tmp that the process sees and
/// under the number it has there. Files of other users than the process's own and root are not
/// believed. Thread safety: one thread at a time.
class process_perf_map {
 public:
  explicit process_perf_map(pid_t process);

  /// Reads on in the file when it does not know the address, at most ten times a second.
  std::optional<profile_frame> at(std::uint64_t address);

 private:
  void read_on();

  std::string path_;
  unsigned user_ = 0;
  std::uint64_t read_ = 0, inode_ = 0;
  std::chrono::steady_clock::time_point next_;
  perf_map map_;
};

}  // namespace regatta::profiling
