// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/event_reader.hpp"

#include <utility>

namespace regatta::internal {

void event_reader::feed(std::string_view bytes) {
  unread_.erase(0, std::exchange(from_, 0));
  unread_ += bytes;
}

bool event_reader::take_line(std::string& line) {
  if (after_cr_ && from_ < unread_.size()) {
    if (unread_[from_] == '\n') ++from_;
    after_cr_ = false;
  }
  const std::size_t end = unread_.find_first_of("\r\n", from_);
  if (end == std::string::npos) return false;
  line.assign(unread_, from_, end - from_);
  from_ = end + 1;
  after_cr_ = unread_[end] == '\r';
  if (std::exchange(at_start_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return true;
}

std::optional<std::string> event_reader::next() {
  std::string line;
  while (take_line(line)) {
    if (line.empty()) {
      if (!std::exchange(has_data_, false)) continue;
      return std::exchange(data_, {});
    }
    std::string_view value(line);
    if (!value.starts_with("data")) continue;
    value.remove_prefix(4);
    if (!value.empty() && value.front() != ':') continue;  // another field: "database"
    if (!value.empty()) value.remove_prefix(1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return std::nullopt;
}

}  // namespace regatta::internal
