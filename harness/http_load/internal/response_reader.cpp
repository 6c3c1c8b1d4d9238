// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/response_reader.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <utility>

namespace regatta::http_load {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t most_head = std::size_t{64} << 10U;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool whole_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool printable(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
  return line;
}

}  // namespace

std::optional<plain_head> read_plain_head(std::string_view head) {
  std::string_view rest = head;
  const std::string_view first = next_line(rest);
  plain_head found;
  if (!first.starts_with("HTTP/1.1 ") || first.size() < 12 || !printable(first) ||
      (first.size() > 12 && first[12] != ' ') || !whole_number(first.substr(9, 3), found.status)) {
    return std::nullopt;
  }
  if (found.status < 200 || found.status == 204 || found.status == 304) return std::nullopt;
  bool length = false;
  for (;;) {
    const std::string_view line = next_line(rest);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0 || !printable(line)) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    if (name.find_first_of(" \t") != name.npos) return std::nullopt;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same(name, "content-length")) {
      if (length || !whole_number(value, found.body_bytes)) return std::nullopt;
      length = true;
    } else if (same(name, "transfer-encoding") || same(name, "upgrade")) {
      return std::nullopt;
    } else if (same(name, "connection")) {
      if (same(value, "close")) {
        found.keep_alive = false;
      } else if (!same(value, "keep-alive")) {
        return std::nullopt;
      }
    }
  }
  if (!length || !rest.empty()) return std::nullopt;
  return found;
}

// Keeps nothing of a response but what its framing needs, and the body if it is wanted.
class response_reader::full_parser final : public http::basic_parser<false> {
 public:
  full_parser(bool no_body, std::string* body) : body_(body) {
    eager(true);
    skip(no_body);
    body_limit(boost::none);
    header_limit(most_head);
  }
  unsigned status() const { return status_; }

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override {
    status_ = static_cast<unsigned>(code);
  }
  void on_field_impl(http::field, string_view, string_view, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override { return keep(piece); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
    return keep(piece);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t keep(string_view piece) {
    if (body_ != nullptr) body_->append(piece.data(), piece.size());
    return piece.size();
  }

  std::string* const body_;
  unsigned status_ = 0;
};

response_reader::response_reader() = default;
response_reader::~response_reader() = default;

void response_reader::expect(bool no_body, bool keep_body) {
  way_ = way::undecided;
  no_body_ = no_body;
  keep_body_ = keep_body;
  pending_.clear();
  if (keep_body) body_.clear();
  parser_.reset();
}

std::string response_reader::take_body() { return std::exchange(body_, {}); }

response_reader::progress response_reader::feed(std::string_view& bytes, known_head& known) {
  if (way_ == way::plain) return feed_plain(bytes);
  if (way_ == way::full) return feed_full(bytes);
  if (pending_.empty() && !known.bytes.empty() && bytes.starts_with(known.bytes)) {
    bytes.remove_prefix(known.bytes.size());
    return begin(known.meaning, bytes);
  }
  if (pending_.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    const auto head = end == bytes.npos ? std::nullopt : read_plain_head(bytes.substr(0, end + 4));
    if (head) {
      known.bytes = bytes.substr(0, end + 4);
      known.meaning = *head;
      bytes.remove_prefix(end + 4);
      return begin(*head, bytes);
    }
  }
  way_ = way::full;
  parser_ = std::make_unique<full_parser>(no_body_, keep_body_ ? &body_ : nullptr);
  return feed_full(bytes);
}

response_reader::progress response_reader::begin(const plain_head& head, std::string_view& rest) {
  way_ = way::plain;
  status_ = head.status;
  keep_alive_ = head.keep_alive;
  missing_ = no_body_ ? 0 : head.body_bytes;
  return feed_plain(rest);
}

response_reader::progress response_reader::feed_plain(std::string_view& bytes) {
  const std::size_t size =
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), missing_));
  if (keep_body_) body_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  missing_ -= size;
  return missing_ == 0 ? progress::complete : progress::more;
}

response_reader::progress response_reader::feed_full(std::string_view& bytes) {
  const bool continued = !pending_.empty();
  if (continued) pending_.append(bytes);
  std::string_view from = continued ? std::string_view(pending_) : bytes;
  while (!from.empty()) {
    error_code error;
    const std::size_t used =
        parser_->put(boost::asio::const_buffer(from.data(), from.size()), error);
    from.remove_prefix(used);
    if (error && error != http::error::need_more) return progress::malformed;
    status_ = parser_->status();
    if (parser_->is_done()) {
      if (status_ < 200 && status_ != 101) {  // "100 Continue": the answer follows
        parser_ = std::make_unique<full_parser>(no_body_, keep_body_ ? &body_ : nullptr);
        continue;
      }
      keep_alive_ = parser_->keep_alive();
      bytes.remove_prefix(bytes.size() - std::min(bytes.size(), from.size()));
      return progress::complete;
    }
    if (error || used == 0) break;
  }
  std::string left(from);
  pending_ = std::move(left);
  bytes = {};
  return pending_.size() > 2 * most_head ? progress::malformed : progress::more;
}

response_reader::progress response_reader::end() {
  if (way_ != way::full || !parser_->is_header_done()) return progress::malformed;
  error_code error;
  parser_->put_eof(error);
  if (error || !parser_->is_done()) return progress::malformed;
  keep_alive_ = false;
  return progress::complete;
}

}  // namespace regatta::http_load
