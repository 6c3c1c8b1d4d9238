// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "harness/llm/llm_error.hpp"

namespace regatta::internal {

/// What went wrong in one attempt, before it is known which request and which attempt it was: the
/// client makes an llm_error of it, or another attempt.
struct llm_fault : std::exception {
  llm_fault(llm_failure kind, std::string words) : failure(kind), sentence(std::move(words)) {}

  const char* what() const noexcept override { return sentence.c_str(); }

  llm_failure failure;
  std::string sentence;  ///< goes on after "POST http://…: "
  unsigned status = 0;
  bool may_pass = false;  ///< the same request may well succeed the next time
  std::optional<std::chrono::nanoseconds> retry_after{};
};

}  // namespace regatta::internal
