// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/debug_options.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace regatta {
namespace {

template <class Number>
std::optional<std::pair<Number, std::string_view>> leading_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

std::chrono::nanoseconds parse_slow(std::string_view text) {
  const auto number = leading_number<double>(text);
  if (number && number->first > 0 && number->first < 1e6) {
    const auto& [value, unit] = *number;
    for (const auto& [name, nanoseconds] : {std::pair{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}) {
      if (unit == name) return std::chrono::nanoseconds(static_cast<long>(value * nanoseconds));
    }
  }
  throw std::invalid_argument(fmt::format("slow is '{}', it may be a time such as 50ms", text));
}

unsigned parse_origin(std::string_view text) {
  const auto number = leading_number<unsigned>(text);
  if (number && number->second.empty() && number->first <= deepest_origin) return number->first;
  throw std::invalid_argument(
      fmt::format("origin is '{}', it may be 0 to {} frames", text, deepest_origin));
}

int parse_signal(std::string_view text) {
  for (const auto& [name, number] :
       {std::pair{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"HUP", SIGHUP}, {"QUIT", SIGQUIT}}) {
    if (text == name) return number;
  }
  throw std::invalid_argument(
      fmt::format("signal is '{}', it may be USR1, USR2, HUP or QUIT", text));
}

void apply(std::string_view part, debug_options& options) {
  const auto equals = part.find('=');
  const std::string_view name = part.substr(0, equals);
  const std::string_view value = equals == part.npos ? "" : part.substr(equals + 1);
  if (part == "1") {
    options.on = true;
  } else if (part == "0") {
    options.on = false;
  } else if (part == "fatal") {
    options.fatal = true;
  } else if (part == "json") {
    options.json = true;
  } else if (part == "abandoned") {
    options.abandoned = true;
  } else if (name == "slow") {
    options.slow = parse_slow(value);
  } else if (name == "origin") {
    options.origin = parse_origin(value);
  } else if (name == "signal") {
    options.signal = parse_signal(value);
  } else {
    throw std::invalid_argument(fmt::format(
        "there is no '{}'; known are 0, 1, slow=TIME, origin=FRAMES, signal=NAME, fatal, json and "
        "abandoned",
        part));
  }
}

}  // namespace

debug_options parse_debug_options(std::string_view text) {
  debug_options options;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto part = text.substr(0, comma); !part.empty()) apply(part, options);
    text = comma == text.npos ? "" : text.substr(comma + 1);
  }
  return options;
}

const debug_options& debug_options_from_environment() {
  static const debug_options options = [] {
    const char* const text = std::getenv("REGATTA_DEBUG");
    try {
      return parse_debug_options(text != nullptr ? text : "");
    } catch (const std::invalid_argument& error) {
      fmt::print(stderr, "regatta: REGATTA_DEBUG: {}\n", error.what());
      return debug_options{};
    }
  }();
  return options;
}

}  // namespace regatta
