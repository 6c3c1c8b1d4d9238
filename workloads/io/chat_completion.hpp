// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/http_message.hpp"

namespace regatta {

/// POST /v1/chat/completions with one user message, as the OpenAI API and its imitators take it.
/// Bytes of `prompt` that are not UTF-8 become U+FFFD.
http_request chat_completion_request(std::string_view model, std::string_view prompt,
                                     unsigned max_tokens);

/// choices[0].message.content. Throws std::runtime_error: "the LLM answered 429: Rate limit
/// reached".
std::string chat_completion_content(const http_response& response);

}  // namespace regatta
