// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace regatta {

/// What a process's Python-like code must hold while it runs.
enum class lock_model {
  none,          ///< nothing: C++ as it is
  gil,           ///< one lock, by CPython's rules (docs/interpreter-lock.md)
  free_threaded  ///< no lock; shared objects are counted atomically instead
};

constexpr std::array all_lock_models = {lock_model::none, lock_model::gil,
                                        lock_model::free_threaded};

/// As in `--lock`.
constexpr std::string_view to_string(lock_model model) {
  switch (model) {
    case lock_model::none:
      return "none";
    case lock_model::gil:
      return "gil";
    case lock_model::free_threaded:
      return "free-threaded";
  }
  return "?";
}

/// nullopt for what is none of them.
constexpr std::optional<lock_model> parse_lock_model(std::string_view text) {
  for (const lock_model each : all_lock_models) {
    if (to_string(each) == text) return each;
  }
  return std::nullopt;
}

}  // namespace regatta
