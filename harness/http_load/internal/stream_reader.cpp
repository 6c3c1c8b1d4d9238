// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/stream_reader.hpp"

#include <stdexcept>

#include "harness/llm/internal/chat_wire.hpp"
#include "harness/llm/internal/llm_fault.hpp"

namespace regatta::http_load {

bool stream_reader::feed(std::string_view body, time now, duration_histogram& gaps) {
  try {
    events_.feed(body);
    while (const auto event = events_.next()) {
      if (event->data == "[DONE]") {
        finished_ = true;
        continue;
      }
      const internal::stream_piece piece = internal::read_stream_piece(event->data);
      if (piece.usage) counted_ = piece.usage->completion_tokens;
      if (!piece.finish_reason.empty()) finished_ = true;
      if (piece.text.empty()) continue;
      ++pieces_;
      if (first_) {
        gaps.add(now - last_);
      } else {
        first_ = now;
      }
      last_ = now;
    }
    return true;
  } catch (const internal::llm_fault& fault) {
    why_ = fault.what();
  } catch (const std::length_error& error) {
    why_ = error.what();
  }
  return false;
}

}  // namespace regatta::http_load
