// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "harness/machine_card.hpp"

namespace regatta {
namespace {

/// Two significant digits are what a median of two seconds is worth: "1.3 µs", "38 µs", "130 µs".
std::string rounded(double value, const char* unit) {
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, unit);
}

std::string text(fractional_ns duration) {
  const double ns = duration.count();
  if (ns < 999.5) return rounded(ns, "ns");
  if (ns < 999.5e3) return rounded(ns / 1e3, "µs");
  return rounded(ns / 1e6, "ms");
}

std::string text(const std::optional<fractional_ns>& duration) {
  return duration ? text(*duration) : "unknown";
}

std::string text(const std::optional<double>& rate) {
  return rate ? rounded(*rate, "GB/s") : "unknown";
}

/// fmt pads by columns, not by bytes, so that a µ does not shift what follows.
std::string line(const char* label, const std::string& value, const std::string& note = "") {
  auto whole = fmt::format("{:<22} {:<8} {}", label, value, note);
  whole.erase(whole.find_last_not_of(' ') + 1);
  return whole;
}

std::string wake_line(const char* label, const std::optional<wake_cost>& cost) {
  if (!cost) return line(label, "unknown");
  return line(label, text(cost->latency), fmt::format("(sender pays {})", text(cost->sender)));
}

std::string gain_line(const char* label, const std::optional<double>& gain,
                      const std::string& note = "") {
  if (!gain) return line(label, "unknown");
  return line(label, fmt::format("{:.1f} x", *gain), note);
}

}  // namespace

std::vector<std::string> describe(const machine_card& card) {
  const bool one_cpu = card.cpus.size() < 2;
  std::string packed;
  if (card.packed_fraction) {
    packed = fmt::format("({:.0f} % on the waker's)", *card.packed_fraction * 100);
  }
  return {
      line("clock, system call", text(card.clock_read), text(card.system_call)),
      line("cache line round trip", text(card.line_round_trip), one_cpu ? "(only one CPU)" : ""),
      wake_line("wake on the same CPU", card.wake_same_cpu),
      wake_line("wake on another CPU", card.wake_other_cpu),
      line("fork and wait", text(card.fork_and_wait)),
      line("new page, first touch", text(card.page_fault)),
      line("memcpy, 64 KiB, 64 MiB", text(card.copy_64_kib_gb_s), text(card.copy_64_mib_gb_s)),
      gain_line("2 x 300 µs, pinned", card.pinned_gain),
      gain_line("2 x 300 µs, unpinned", card.unpinned_gain, packed),
  };
}

}  // namespace regatta
