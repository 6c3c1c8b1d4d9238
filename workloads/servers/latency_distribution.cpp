// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/latency_distribution.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace regatta {
namespace {

using std::chrono::nanoseconds;

constexpr double longest_ns = 3600e9;
constexpr double widest_sigma = 5;

constexpr std::pair<std::string_view, double> units[] = {
    {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};

/// The middle of the word's top half's cell in (0, 1): never 0, so its logarithm is finite.
double open_unit(std::uint64_t random_word) {
  return (static_cast<double>(random_word >> 32U) + 0.5) * 0x1p-32;
}

/// Box and Muller (1958), from the two halves of one word.
double standard_normal(std::uint64_t random_word) {
  const double angle = 2 * std::numbers::pi * open_unit(random_word << 32U);
  return std::sqrt(-2 * std::log(open_unit(random_word))) * std::cos(angle);
}

struct number_and_rest {
  double number;
  std::string_view rest;
};

std::optional<number_and_rest> leading_number(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  return number_and_rest{number, {stop, static_cast<std::size_t>(end - stop)}};
}

nanoseconds parse_duration(std::string_view text, std::string_view whole) {
  const auto parsed = leading_number(text);
  if (parsed && parsed->number == 0 && parsed->rest.empty()) return nanoseconds{0};
  for (const auto& [unit, scale] : units) {
    if (!parsed || parsed->rest != unit) continue;
    if (parsed->number * scale > longest_ns) {
      throw std::invalid_argument(
          fmt::format("latency '{}': '{}' is longer than an hour", whole, text));
    }
    return nanoseconds{std::llround(parsed->number * scale)};
  }
  throw std::invalid_argument(fmt::format(
      "latency '{}': '{}' is not a duration; write a number and ns, us, ms or s, as in 200ms",
      whole, text));
}

double parse_sigma(std::string_view text, std::string_view whole) {
  const auto parsed = leading_number(text);
  if (parsed && parsed->rest.empty() && parsed->number <= widest_sigma) return parsed->number;
  throw std::invalid_argument(fmt::format("latency '{}': sigma '{}' is not a number from 0 to {}",
                                          whole, text, widest_sigma));
}

std::vector<std::string_view> split_at_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon; (colon = text.find(':')) != std::string_view::npos;) {
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string duration_text(nanoseconds duration) {
  for (const auto& [unit, scale] : units) {
    const auto whole = static_cast<std::int64_t>(scale);
    if (duration.count() % whole == 0) return fmt::format("{}{}", duration.count() / whole, unit);
  }
  return "";  // not reached: everything is a whole number of nanoseconds
}

}  // namespace

nanoseconds latency_distribution::sample(std::uint64_t random_word) const {
  const auto scaled = [this](double factor) {
    return nanoseconds{std::llround(static_cast<double>(mean.count()) * factor)};
  };
  switch (kind) {
    case shape::constant:
      return mean;
    case shape::exponential:
      return scaled(-std::log(open_unit(random_word)));
    case shape::lognormal:
      return scaled(std::exp(sigma * standard_normal(random_word) - sigma * sigma / 2));
  }
  return mean;
}

latency_distribution parse_latency_distribution(std::string_view text) {
  using shape = latency_distribution::shape;
  const auto parts = split_at_colons(text);
  if (parts.size() == 1) return {shape::constant, parse_duration(text, text), 0};
  if (parts[0] == "constant" && parts.size() == 2) {
    return {shape::constant, parse_duration(parts[1], text), 0};
  }
  if (parts[0] == "exponential" && parts.size() == 2) {
    return {shape::exponential, parse_duration(parts[1], text), 0};
  }
  if (parts[0] == "lognormal" && parts.size() == 3) {
    return {shape::lognormal, parse_duration(parts[1], text), parse_sigma(parts[2], text)};
  }
  throw std::invalid_argument(fmt::format(
      "latency '{}' is none of 200ms, lognormal:200ms:0.25 and exponential:50ms", text));
}

std::string to_string(const latency_distribution& distribution) {
  const std::string mean = duration_text(distribution.mean);
  switch (distribution.kind) {
    case latency_distribution::shape::constant:
      return mean;
    case latency_distribution::shape::exponential:
      return "exponential:" + mean;
    case latency_distribution::shape::lognormal:
      return fmt::format("lognormal:{}:{}", mean, distribution.sigma);
  }
  return mean;
}

}  // namespace regatta
