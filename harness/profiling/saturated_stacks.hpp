// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/profiling/process_symbols.hpp"
#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// Counts the stacks of loops that compute, by the function that each is named after and those that
/// called it: a computation is at another line, and often another function below, each time.
/// Thread safety: one thread.
class saturated_stacks {
 public:
  void add(const std::string& loop, const named_stack& stack);

  /// The most frequent first, five at most; each with the first stack that was found there.
  std::vector<saturated_stack> of(const std::string& loop) const;

 private:
  std::map<std::string, std::map<std::vector<std::string>, saturated_stack>> found_;
};

}  // namespace regatta::profiling
