// SPDX-License-Identifier: Apache-2.0
#include "tools/name_list.hpp"

#include <sstream>

namespace regatta {

std::vector<std::string> split_names(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    if (text.empty() || text.find(':') != std::string::npos) {
      names.push_back(text);
      continue;
    }
    std::istringstream rest(text);
    for (std::string name; std::getline(rest, name, ',');) names.push_back(name);
  }
  return names;
}

}  // namespace regatta
