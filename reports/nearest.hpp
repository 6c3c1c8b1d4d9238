// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace regatta {

/// The name in `known` that is nearest to `wrong`, if one is near.
std::optional<std::string> nearest(const std::string& wrong, const std::vector<std::string>& known);

/// How a sentence about `wrong` ends: "; did you mean 'thread'?", or else "; there are: a, b".
std::string suggestion(const std::string& wrong, const std::vector<std::string>& known);

/// The keys of a registry.
template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names;
}

}  // namespace regatta
