// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "harness/http_load/service_level.hpp"

namespace regatta::http_load {

/// Which rate to try next: doubles until one is missed (or halves until one is kept), then halves
/// the ratio between the two until it is small. Pure. Thread safety: none.
///
///   knee_search search(1000, 0.05);
///   while (const auto rate = search.next()) search.tell(try_it(*rate));
class knee_search {
 public:
  /// `precision` 0.05: ends when the lowest missed rate is at most 5 % above the highest kept one.
  knee_search(double first_rate, double precision);

  /// Arrivals per second; nullopt: it is over.
  std::optional<double> next() const;
  /// What became of next(). A verdict that is withheld ends the search.
  void tell(level_verdict verdict);

  std::optional<double> kept() const { return kept_; }
  std::optional<double> missed() const { return missed_; }

 private:
  const double first_;
  const double precision_;
  std::optional<double> kept_, missed_;
  bool over_ = false;
};

}  // namespace regatta::http_load
