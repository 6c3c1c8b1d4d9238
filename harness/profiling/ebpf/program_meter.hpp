// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "harness/platform/unique_fd.hpp"

struct bpf_object;

namespace regatta::profiling {

/// How much of a CPU some programs in the kernel take: looked at for a twentieth of the time,
/// because the kernel's measurement slows all such programs down. Thread safety: one thread.
class program_meter {
 public:
  using nanoseconds = std::chrono::nanoseconds;

  /// `run_time`: of the programs, as far as it was measured.
  explicit program_meter(std::function<nanoseconds()> run_time) : run_time_(std::move(run_time)) {}

  /// To be called again and again.
  void look();
  void stop();

  /// Of one CPU, on all CPUs together; nullopt if the kernel did not measure.
  std::optional<double> share() const;

 private:
  std::function<nanoseconds()> run_time_;
  unique_fd statistics_;
  nanoseconds next_{}, since_{}, measured_for_{};
  nanoseconds before_{}, took_{};  // others may have it measured in between
};

/// Of all of an object's programs, on all CPUs together, while it was measured.
std::chrono::nanoseconds run_time_of(const bpf_object* programs);

}  // namespace regatta::profiling
