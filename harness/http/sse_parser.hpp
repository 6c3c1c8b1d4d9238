// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace regatta {

/// One event of a text/event-stream.
struct sse_event {
  std::string type = "message";  ///< of the field "event"
  std::string data;              ///< the lines of "data", joined by '\n'
  std::string id;                ///< the last "id" of the stream, this event's or an earlier one's

  bool operator==(const sse_event&) const = default;
};

/// Makes events of the body of a stream, however it is cut into pieces:
///
///   sse_parser events;
///   … events.feed(piece); while (auto event = events.next()) use(event->data);
///
/// Follows https://html.spec.whatwg.org/multipage/server-sent-events.html: lines end with CR, LF or
/// CRLF; a byte order mark, comments and unknown fields are skipped; an event without data, or
/// without the empty line that ends it, is none. Texts are bytes as they came, valid UTF-8 or not.
/// Thread safety: distinct objects.
class sse_parser {
 public:
  /// An unfinished event may take up to `most` bytes.
  explicit sse_parser(std::size_t most = std::size_t{1} << 20U) : most_(most) {}

  /// Throws std::length_error at an event that is too long; the parser is of no use then.
  void feed(std::string_view bytes);
  /// The oldest complete event that was not taken yet.
  std::optional<sse_event> next();

  /// How long the server wants us to wait before we connect again, if it has said so.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void keep(std::string_view bytes);
  void end_line();
  void take_field(std::string_view name, std::string_view value);
  void end_event();

  const std::size_t most_;
  bool first_line_ = true;
  bool after_return_ = false;  ///< a '\n' that comes next belongs to the line that has ended
  std::string line_;           ///< as far as it has come
  std::string type_, data_, id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::deque<sse_event> complete_;
};

}  // namespace regatta
