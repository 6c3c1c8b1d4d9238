// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace regatta::internal {

/// The data of server-sent events (WHATWG HTML, section 9.2.6), from bytes in any portions. Event
/// types, ids and retry times are not told apart: no LLM service uses them.
///
///   reader.feed(bytes);
///   while (auto data = reader.next()) use(*data);
///
/// Thread safety: none.
class event_reader {
 public:
  void feed(std::string_view bytes);
  /// The next complete event that has data.
  std::optional<std::string> next();

 private:
  bool take_line(std::string& line);

  std::string unread_;
  std::size_t from_ = 0;  // what is before has been taken
  std::string data_;
  bool has_data_ = false;
  bool at_start_ = true;
  bool after_cr_ = false;  // a line feed belongs to the line that has ended already
};

}  // namespace regatta::internal
