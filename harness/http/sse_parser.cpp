// SPDX-License-Identifier: Apache-2.0
#include "harness/http/sse_parser.hpp"

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace regatta {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

void sse_parser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    keep(bytes.substr(0, end));
    if (end == bytes.npos) return;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

std::optional<sse_event> sse_parser::next() {
  if (complete_.empty()) return std::nullopt;
  std::optional<sse_event> event(std::move(complete_.front()));
  complete_.pop_front();
  return event;
}

void sse_parser::keep(std::string_view bytes) {
  const std::size_t kept = line_.size() + data_.size() + type_.size() + id_.size();
  if (bytes.size() > most_ || kept > most_ - bytes.size()) {
    throw std::length_error("a server-sent event of more than " + std::to_string(most_) + " bytes");
  }
  line_ += bytes;
}

void sse_parser::end_line() {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    end_event();
  } else if (const std::size_t colon = line.find(':'); colon == line.npos) {
    take_field(line, "");
  } else if (colon > 0) {  // else it is a comment
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
  }
  line_.clear();
}

void sse_parser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_.append(value) += '\n';
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_ = value;
  } else if (name == "retry" && is_number(value)) {
    std::int64_t milliseconds = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    if (error == std::errc()) retry_ = std::chrono::milliseconds(milliseconds);
  }
}

void sse_parser::end_event() {
  if (!data_.empty()) {
    data_.pop_back();  // every line of data has left a '\n'
    sse_event event{"message", std::move(data_), id_};
    if (!type_.empty()) event.type = std::move(type_);
    complete_.push_back(std::move(event));
  }
  data_.clear();
  type_.clear();
}

}  // namespace regatta
