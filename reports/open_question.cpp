// SPDX-License-Identifier: Apache-2.0
#include "reports/open_question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "reports/figures.hpp"

namespace regatta {
namespace {

constexpr std::size_t most_named = 3;

// How many times as many blocks as there are until the interval fits on one side of δ, or is known
// to lie around it: its width shrinks with their root.
double times_the_blocks(const ratio_estimate& behind, double delta) {
  const double at = std::abs(std::log(behind.ratio));
  const double half = (std::log(behind.upper) - std::log(behind.lower)) / 2;
  const double limit = std::log1p(delta);
  const double near = std::log1p(delta / 2);
  const double far = std::log1p(3 * delta / 2);
  const double room = std::max({limit - at, at - limit, std::min(at - near, far - at)});
  return std::max(1.0, std::pow(half / room, 2));
}

double seconds_a_block(const recommendation& advice, const workload_result& measured) {
  double seconds = 0;
  for (const cell_result& cell : measured.cells) {
    const bool left = std::find(advice.choice.begin(), advice.choice.end(), cell.choice.label) !=
                      advice.choice.end();
    if (!left || !cell.ok()) continue;
    double sum = 0;
    for (const epoch_sample& epoch : cell.epochs) sum += epoch.elapsed;
    seconds += sum / static_cast<double>(cell.epochs.size());
  }
  return seconds;
}

// One digit: it is an extrapolation.
std::string roughly(double seconds) {
  const auto one_digit = [](double value) {
    const double unit = std::pow(10, std::floor(std::log10(value)));
    return std::ceil(value / unit) * unit;
  };
  const double rounded = one_digit(std::max(1.0, seconds));
  if (rounded == 1) return "about one more second";
  if (rounded < 120) return fmt::format("about {:.0f} more seconds", rounded);
  if (rounded < 3600) return fmt::format("about {:.0f} more minutes", one_digit(seconds / 60));
  return "more than another hour";
}

}  // namespace

std::string what_is_open(const recommendation& advice, const workload_result& measured) {
  const double delta = advice.practical_difference;
  double more = 0;  // blocks
  std::vector<const standing*> open;
  for (const standing& place : advice.standings) {
    if (!place.tied || !place.behind) continue;
    if (place.behind->upper <= 1 + delta && place.behind->lower >= 1 / (1 + delta)) continue;
    open.push_back(&place);
    // Half again as much: to call a tie takes more evidence than the interval shown.
    const double factor = 1.5 * times_the_blocks(*place.behind, delta) - 1;
    more = std::max(more, factor * static_cast<double>(place.behind->pairs));
  }
  std::string text = measured.race->ended;
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(text[0]));
  text += fmt::format(": {} might settle it.", roughly(more * seconds_a_block(advice, measured)));
  if (open.empty()) return text;
  std::vector<std::string> names;
  for (const standing* place : open) {
    if (names.size() == most_named) break;
    names.push_back(fmt::format("{} ({} to {})", place->label, show_ratio(place->behind->lower),
                                show_ratio(place->behind->upper)));
  }
  const std::string others = open.size() > names.size()
                                 ? fmt::format(" and {} more", open.size() - names.size())
                                 : std::string();
  return text + fmt::format(" Open is whether {} is more than {:g} % ahead of {}{}.",
                            advice.standings.front().label, 100 * delta, fmt::join(names, ", "),
                            others);
}

}  // namespace regatta
