// SPDX-License-Identifier: Apache-2.0
#include "reports/figures.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace regatta {
namespace {

std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string with_commas(std::string digits) {
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    if (digits[static_cast<std::size_t>(at - 1)] == '-') break;
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace

std::string show_seconds(double seconds) {
  // From where three digits would round to 1000 of the smaller unit.
  const double size = std::abs(seconds);
  if (size >= 0.9995) return three_digits(seconds) + " s";
  if (size >= 0.9995e-3) return three_digits(seconds * 1e3) + " ms";
  if (size >= 0.9995e-6) return three_digits(seconds * 1e6) + " µs";
  return three_digits(seconds * 1e9) + " ns";
}

std::string show_seconds(std::optional<double> seconds) {
  return seconds ? show_seconds(*seconds) : "–";
}

std::string show_count(double count) {
  if (std::abs(count) >= 999.5) return with_commas(fmt::format("{:.0f}", count));
  return three_digits(count);
}

std::string show_whole(std::uint64_t count) { return with_commas(std::to_string(count)); }

std::string show_rate(double per_second) { return show_count(per_second) + "/s"; }

std::string show_bytes(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1023.5 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes),
                     units[unit]);
}

std::string show_percent(double fraction) {
  return fmt::format("{:.4g}", std::floor(fraction * 1000) / 10);
}

// Against an epoch in which nothing was finished, any ratio is as good as infinite.
std::string show_ratio(double ratio) { return ratio < 1e6 ? three_digits(ratio) : "∞"; }

}  // namespace regatta
