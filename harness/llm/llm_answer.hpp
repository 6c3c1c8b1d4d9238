// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "harness/llm/llm_error.hpp"

namespace regatta {

struct llm_usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;

  bool operator==(const llm_usage&) const = default;
};

struct llm_answer {
  std::string text{};
  std::string model{};               ///< as the server calls it
  std::string finish_reason{};       ///< "stop", "length", …; empty: the server did not say
  std::optional<llm_usage> usage{};  ///< absent: the server did not say
  unsigned attempts = 1;             ///< this was the answer to the so-manyth
};

/// What is known of a stream when it has ended, besides its tokens.
struct llm_stream_end {
  std::string model{};
  std::string finish_reason{};
  std::optional<llm_usage> usage{};
  unsigned attempts = 0;
};

/// Of one item of a batch.
using llm_result = std::variant<llm_answer, llm_error>;

}  // namespace regatta
