// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "harness/profiling/ebpf/loaded_programs.hpp"

namespace regatta::profiling {

/// How much of a CPU the kernel's programs take: looked at for a twentieth of the time, because the
/// kernel's measurement slows them down. Thread safety: one thread.
class program_meter {
 public:
  using nanoseconds = std::chrono::nanoseconds;

  /// To be called again and again.
  void look(loaded_programs& programs, nanoseconds now) {
    if (now < next_) return;
    if (since_ == nanoseconds(0)) {
      programs.measure(true);
      since_ = now;
      next_ = now + part;
    } else {
      stop(programs, now);
      next_ = now + pause;
    }
  }

  void stop(loaded_programs& programs, nanoseconds now) {
    if (since_ == nanoseconds(0)) return;
    programs.measure(false);
    measured_for_ += now - since_;
    since_ = nanoseconds(0);
  }

  /// Of one CPU, on all CPUs together; nullopt if the kernel did not measure.
  std::optional<double> share(const loaded_programs& programs) const {
    const nanoseconds took = programs.measured();
    if (took <= nanoseconds(0) || measured_for_ <= nanoseconds(0)) return std::nullopt;
    return static_cast<double>(took.count()) / static_cast<double>(measured_for_.count());
  }

 private:
  static constexpr nanoseconds part = std::chrono::milliseconds(50);
  static constexpr nanoseconds pause = std::chrono::milliseconds(950);
  nanoseconds next_{}, since_{}, measured_for_{};
};

}  // namespace regatta::profiling
