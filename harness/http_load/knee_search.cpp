// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/knee_search.hpp"

#include <cmath>

namespace regatta::http_load {
namespace {

constexpr double furthest = 0x1p20;  // from the first rate, up or down

}  // namespace

knee_search::knee_search(double first_rate, double precision)
    : first_(first_rate), precision_(precision) {}

std::optional<double> knee_search::next() const {
  if (over_) return std::nullopt;
  if (!kept_ && !missed_) return first_;
  if (!missed_) return *kept_ < first_ * furthest ? std::optional(*kept_ * 2) : std::nullopt;
  if (!kept_) return *missed_ > first_ / furthest ? std::optional(*missed_ / 2) : std::nullopt;
  if (*missed_ <= *kept_ * (1 + precision_)) return std::nullopt;
  return std::sqrt(*kept_ * *missed_);
}

void knee_search::tell(level_verdict verdict) {
  const auto tried = next();
  if (!tried) return;
  if (verdict == level_verdict::kept) kept_ = tried;
  if (verdict == level_verdict::missed) missed_ = tried;
  if (verdict == level_verdict::withheld) over_ = true;
}

}  // namespace regatta::http_load
