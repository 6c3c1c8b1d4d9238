// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/http/sse_parser.hpp"
#include "harness/statistics/duration_histogram.hpp"

namespace regatta::http_load {

/// What came of one streamed chat completion and when: pieces of text by the time they were read,
/// right after the system call. Thread safety: none.
class stream_reader {
 public:
  using time = std::chrono::nanoseconds;

  /// `body` was read at `now`. The gaps between pieces of text go to `gaps`. false: it is no stream
  /// of chat completions; why() says it.
  bool feed(std::string_view body, time now, duration_histogram& gaps);

  /// The model has finished: [DONE], or a reason to finish, has come.
  bool finished() const { return finished_; }
  std::optional<time> first() const { return first_; }
  time last() const { return last_; }
  std::uint64_t tokens() const { return counted_.value_or(pieces_); }
  const std::string& why() const { return why_; }

 private:
  sse_parser events_;
  std::optional<time> first_;
  time last_{};
  std::uint64_t pieces_ = 0;
  std::optional<std::uint64_t> counted_;  ///< by the server
  bool finished_ = false;
  std::string why_;
};

}  // namespace regatta::http_load
