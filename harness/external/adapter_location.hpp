// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace regatta {

/// An adapter that comes with regatta, as a path: in the directory $REGATTA_ADAPTERS, where
/// `cmake --install` puts it, or in the sources this was built from. nullopt: in none of them.
std::optional<std::string> find_adapter(const std::string& file);

}  // namespace regatta
