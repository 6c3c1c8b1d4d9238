// SPDX-License-Identifier: Apache-2.0
#include "reports/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace regatta {

std::optional<std::string> nearest(const std::string& wrong,
                                   const std::vector<std::string>& known) {
  // Levenshtein, a row at a time.
  const auto distance = [](const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < b.size(); ++j) {
        const std::size_t above = row[j + 1];
        row[j + 1] = std::min({row[j] + 1, above + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
        diagonal = above;
      }
    }
    return row.back();
  };
  std::optional<std::string> best;
  std::size_t smallest = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& each : known) {
    if (const std::size_t far = distance(wrong, each); far < smallest) {
      smallest = far;
      best = each;
    }
  }
  return best;
}

std::string suggestion(const std::string& wrong, const std::vector<std::string>& known) {
  const auto near = nearest(wrong, known);
  return near ? fmt::format("; did you mean '{}'?", *near)
              : fmt::format("; there are: {}", fmt::join(known, ", "));
}

}  // namespace regatta
