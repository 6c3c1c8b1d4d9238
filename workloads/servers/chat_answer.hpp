// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "workloads/servers/chat_request.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta {

/// One answer of the mock model, in both forms that the OpenAI API has. `id` and `created` are free
/// to vary; everything else depends on the request alone.
class chat_answer {
 public:
  chat_answer(chat_request request, std::uint64_t id, std::int64_t created_unix_seconds);

  unsigned tokens() const { return request_.tokens; }
  /// The whole answer, an object "chat.completion".
  std::string completion() const;
  /// Token `index` as a server-sent event; the last one is followed by the reason for stopping, the
  /// usage if it was asked for, and [DONE].
  std::string event(unsigned index) const;

 private:
  std::string chunk(const std::string& choices, const std::string& usage) const;
  std::string usage() const;
  const char* finish_reason() const;

  chat_request request_;
  completion_text text_;
  std::string id_;
  std::int64_t created_;
  std::string model_json_;
};

std::string error_body(const api_error& error);

}  // namespace regatta
