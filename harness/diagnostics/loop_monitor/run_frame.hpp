// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "harness/diagnostics/loop_monitor/stack_copy.hpp"
#include "harness/diagnostics/loop_monitor/stack_unwinder.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

/// The frame of boost::asio's run() on a thread's stack: all it keeps while a handler runs. It does
/// not change before that handler returns, and then it does: run() counts the handlers it has run.
struct run_frame {
  unwound_frame frame;               ///< its code is 0 if it could not be read
  std::vector<std::uint64_t> words;  ///< its part of the stack, but for the thread's information
};

enum class same_handler { yes, no, cannot_tell };

/// Tells whether a thread is in the same handler as at an earlier look, without the thread's help:
/// by the frame of run() on its stack. run_one() and poll_one() count nothing, so equal frames mean
/// something only where they are known to count: by the function's name, or, where it has been
/// inlined into one with another name, because two of them have been seen that differ.
/// Thread safety: one thread at a time.
class run_frame_reader {
 public:
  struct result {
    std::optional<run_frame> frame;  ///< nothing: the thread is in no run(), or it cannot be read
    std::size_t more = 0;            ///< it may lie in a copy of so many bytes; 0: no
  };
  result read(const stack_copy& copy, pid_t thread, const watched_loop& loop);
  same_handler compare(const run_frame& earlier, const run_frame& later);
  /// Opens and indexes the files that read() needs, once.
  void warm_up();

 private:
  enum class function_kind { runs_one, counts, other };
  function_kind kind_at(std::uintptr_t code);

  std::optional<stack_unwinder> unwinder_;
  std::map<std::uintptr_t, function_kind> kinds_;  ///< by return address
  /// A return address into the function, and which registers were known.
  std::set<std::pair<std::uintptr_t, unsigned>> counting_;
};

}  // namespace regatta::internal
