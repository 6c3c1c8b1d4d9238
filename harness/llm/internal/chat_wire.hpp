// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/http_message.hpp"
#include "harness/llm/llm_answer.hpp"
#include "harness/llm/llm_client_options.hpp"

namespace regatta::internal {

/// A request as it goes on the wire, and where to.
struct wire_request {
  http_origin origin;
  std::string place;  ///< "http://host:port": one pool each
  std::string url;    ///< whole, for the user; without the key
  std::string key;    ///< to take out of what the user sees
  std::string bytes;  ///< head and body
  bool stream = false;
};

/// Throws std::invalid_argument with a sentence if the parameters cannot be sent.
wire_request make_wire_request(const llm_client_options& options, const llm_prompt& prompt,
                               const llm_parameters& parameters, bool stream);

/// The body of a 200. Throws llm_fault if it is no chat completion.
llm_answer read_completion(std::string_view body);

/// One event of a stream.
struct stream_piece {
  std::string text;  ///< may be empty
  std::string model;
  std::string finish_reason;  ///< empty: it goes on
  std::optional<llm_usage> usage{};
};

/// Throws llm_fault if it is none, or if the server reports an error in it.
stream_piece read_stream_piece(std::string_view data);

/// What a server says about its refusal: the API's error message, or the beginning of whatever it
/// sent, in one line. May be empty.
std::string refusal_text(std::string_view body);

/// `text` without the key, should a server repeat it.
std::string without_key(std::string text, const std::string& key);

}  // namespace regatta::internal
