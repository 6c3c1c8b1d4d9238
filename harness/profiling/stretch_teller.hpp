// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/descriptor_names.hpp"
#include "harness/profiling/process_symbols.hpp"
#include "harness/profiling/profile_options.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/stretch_ledger.hpp"
#include "harness/profiling/stretch_list.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {

/// What a tier has found out about a stretch, in numbers.
struct found_stretch {
  pid_t tid = 0;
  loop_identity loop;
  std::chrono::nanoseconds begin{};  ///< of CLOCK_MONOTONIC
  kernel_side::slice_ledger ledger{};
  std::optional<named_stack> stack{};
};

/// Turns what a tier finds into words, tells it while it lasts and keeps it when it is over.
/// Thread safety: one thread.
class stretch_teller {
 public:
  stretch_teller(pid_t process, std::chrono::nanoseconds threshold, const profile_hooks& hooks,
                 std::chrono::nanoseconds profile_began);

  /// While it lasts.
  void tell(const found_stretch& found, stretch_phase phase, const thread_book& threads);
  /// It is over, or with `ended` false, it lasts when the profile ends. `announced`: it was told.
  void keep(const found_stretch& found, bool ended, bool announced, const thread_book& threads);

  /// Soon after it was captured: an interpreter's functions are read from the running process.
  named_stack name(const captured_stack& captured);
  /// Reads what the first name() would have to, from the stack of a thread that waits.
  void warm_up(pid_t thread);

  /// Notes what a call's object is while it is there: the path that it was given.
  void note_path(std::int32_t call, std::uint64_t first, std::string path);
  /// The same for a descriptor.
  void note_descriptor(std::int32_t call, std::uint64_t first);

  /// Whether the loop's descriptor still is one to wait for events by.
  bool loop_exists(const loop_identity& loop) const;
  const stretch_list& stretches() const { return list_; }

 private:
  blocked_stretch describe(const found_stretch& found, const thread_book& threads);
  call_object object_of(const kernel_side::call_share& share, const thread_book& threads);

  pid_t process_;
  std::chrono::nanoseconds threshold_;
  std::chrono::nanoseconds began_;
  profile_hooks hooks_;
  descriptor_names descriptors_;
  std::map<std::pair<std::int32_t, std::uint64_t>, std::string> paths_;
  stretch_list list_;
  std::string program_;  ///< what /proc/PID/exe says; an exec changes it
  process_symbols symbols_;
};

}  // namespace regatta::profiling
