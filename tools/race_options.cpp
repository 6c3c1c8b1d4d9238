// SPDX-License-Identifier: Apache-2.0
#include "tools/race_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <system_error>
#include <utility>

#include "reports/nearest.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

// A number that is more than 0 or 0, and what follows it; a NaN for what does not begin with one.
std::pair<double, std::string> number_and_unit(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0)) return {std::nan(""), text};
  return {value, std::string(end, text.data() + text.size())};
}

// The number in units of 1; NaN for a unit that is not among them.
double scaled(const std::string& text, const std::map<std::string, double>& units) {
  const auto [value, unit] = number_and_unit(text);
  const auto found = units.find(unit);
  return found == units.end() ? std::nan("") : value * found->second;
}

}  // namespace

objective parse_objective(const std::string& what, const std::string& text) {
  static const std::map<std::string, objective> all = {{"throughput", objective::throughput},
                                                       {"p99", objective::p99},
                                                       {"cpu", objective::cpu},
                                                       {"memory", objective::memory}};
  const auto found = all.find(text);
  if (found != all.end()) return found->second;
  throw usage_error(fmt::format("{} takes throughput, p99, cpu or memory, not '{}'", what, text));
}

lock_model parse_lock(const std::string& what, const std::string& text) {
  const auto model = parse_lock_model(text);
  if (model) return *model;
  throw usage_error(fmt::format("{} takes none, gil or free-threaded, not '{}'", what, text));
}

double parse_slo(const std::string& what, const std::string& text) {
  const std::string quantile = text.substr(0, text.find('='));
  const double limit =
      quantile == "p99" && quantile.size() < text.size()
          ? scaled(text.substr(quantile.size() + 1), {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}})
          : std::nan("");
  if (limit > 0 && limit < 1e6) return limit;
  throw usage_error(fmt::format("{} takes a limit like p99=50ms, not '{}'", what, text));
}

void require(constraints& required, const std::string& what, const std::string& text) {
  if (text == "isolate") {
    required.isolate = true;
  } else if (text == "sync-libraries") {
    required.sync_libraries = true;
  } else {
    throw usage_error(
        fmt::format("{} takes isolate (a crash costs one item only) or sync-libraries (items may "
                    "call code that "
                    "blocks), not '{}'",
                    what, text));
  }
}

std::uint64_t parse_bytes(const std::string& what, const std::string& text) {
  const double bytes = scaled(
      text,
      {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}});
  if (bytes >= 1 && bytes < 1e18) return static_cast<std::uint64_t>(bytes);
  throw usage_error(fmt::format("{} takes a size like 512MiB or 2GB, not '{}'", what, text));
}

double parse_share(const std::string& what, const std::string& text) {
  const double share = scaled(text, {{"", 1}, {"%", 0.01}});
  if (share >= 0) return share;
  throw usage_error(fmt::format("{} takes a share like 5% or 0.05, not '{}'", what, text));
}

}  // namespace regatta
