// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace regatta {

/// A refusal as the OpenAI API words it: {"error": {"message", "type", "param", "code"}}.
struct api_error {
  unsigned status = 400;
  std::string message{};
  std::string type = "invalid_request_error";
  std::string code{};  ///< empty: null
};

/// POST /v1/chat/completions, checked.
struct chat_request {
  std::string model;
  std::string messages;  ///< canonical JSON, as completion_text wants it
  unsigned prompt_tokens = 0;
  unsigned tokens = 0;     ///< the length of the answer
  bool cut_short = false;  ///< the request named the length: finish_reason "length"
  bool stream = false;
  bool stream_usage = false;  ///< stream_options.include_usage
};

/// A request that names max_tokens (or max_completion_tokens) gets exactly so many, so that the
/// answer depends on the request alone; others get `default_tokens`.
std::variant<chat_request, api_error> parse_chat_request(std::string_view body,
                                                         unsigned default_tokens);

}  // namespace regatta
