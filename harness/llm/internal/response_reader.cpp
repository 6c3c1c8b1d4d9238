// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/response_reader.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include "harness/llm/internal/llm_fault.hpp"

namespace regatta::internal {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

constexpr unsigned most_interim_answers = 16;

/// Beast's parser with a body that can be taken away piece by piece.
class parser final : public http::basic_parser<false> {
 public:
  unsigned status = 0;
  std::string content_type, location;
  std::optional<std::string> retry_after;
  std::string body;

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override {
    status = static_cast<unsigned>(code);
  }
  void on_field_impl(http::field name, string_view, string_view value, error_code&) override {
    if (name == http::field::content_type) content_type = std::string(value);
    if (name == http::field::location) location = std::string(value);
    if (name == http::field::retry_after) retry_after = std::string(value);
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view bytes, error_code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

struct response_reader::state {
  std::size_t most_header_bytes;
  std::size_t most_body_bytes;
  std::optional<parser> current{};
  std::string unread{};
  std::size_t header_bytes = 0;  // consumed, interim answers included
  unsigned interim_answers = 0;
  bool answered = false;

  void begin() {
    current.emplace();
    current->eager(true);
    current->header_limit(static_cast<std::uint32_t>(most_header_bytes));
    current->body_limit(most_body_bytes);
  }

  [[noreturn]] void refuse(error_code error) const {
    if (error == http::error::header_limit) refuse_header();
    if (error == http::error::body_limit) {
      throw llm_fault(llm_failure::too_large,
                      fmt::format("the body of the answer is larger than {} bytes, the limit of "
                                  "this client",
                                  most_body_bytes));
    }
    throw llm_fault(llm_failure::malformed,
                    fmt::format("the answer is not HTTP/1: {}", error.message()));
  }

  [[noreturn]] void refuse_header() const {
    throw llm_fault(llm_failure::too_large,
                    fmt::format("the header of the answer is larger than {} bytes, the limit of "
                                "this client",
                                most_header_bytes));
  }

  bool interim() const { return current->status >= 100 && current->status < 200; }

  void pass_interim() {
    if (current->status == 101) {
      throw llm_fault(llm_failure::malformed, "the server switches to a protocol nobody asked for");
    }
    if (++interim_answers > most_interim_answers) {
      throw llm_fault(
          llm_failure::malformed,
          fmt::format("the server sent more than {} interim answers (1xx)", most_interim_answers));
    }
    begin();
  }

  void parse() {
    while (!current->is_done() && !unread.empty()) {
      const bool in_header = !current->is_header_done();
      error_code error;
      const std::size_t used = current->put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (in_header) {
        if (!current->is_header_done()) header_bytes += used;
        if (header_bytes + (current->is_header_done() ? 0 : unread.size()) > most_header_bytes) {
          refuse_header();
        }
      }
      if (error && error != http::error::need_more) refuse(error);
      if (current->is_done() && interim()) {
        header_bytes += used;
        pass_interim();
        continue;
      }
      if (error == http::error::need_more || used == 0) return;
    }
  }
};

response_reader::response_reader(std::size_t most_header_bytes, std::size_t most_body_bytes)
    : state_(new state{most_header_bytes, most_body_bytes}) {
  state_->begin();
}
response_reader::~response_reader() = default;
response_reader::response_reader(response_reader&&) noexcept = default;
response_reader& response_reader::operator=(response_reader&&) noexcept = default;

void response_reader::feed(std::string_view bytes) {
  if (bytes.empty()) return;
  state_->answered = true;
  state_->unread += bytes;
  state_->parse();
}

void response_reader::feed_end(bool clean) {
  if (done()) return;
  if (!answered()) {
    llm_fault fault(llm_failure::connection, "the server closed the connection without an answer");
    fault.may_pass = true;
    throw fault;
  }
  error_code error;
  if (state_->current->got_some()) {
    state_->current->put_eof(error);
  } else {
    error = http::error::partial_message;  // after an interim answer
  }
  if (error || !clean) {
    throw llm_fault(llm_failure::truncated, "the connection ended in the middle of the answer");
  }
}

bool response_reader::answered() const { return state_->answered; }
bool response_reader::head_done() const { return state_->current->is_header_done(); }
bool response_reader::done() const { return state_->current->is_done(); }
unsigned response_reader::status() const { return state_->current->status; }
std::string_view response_reader::content_type() const { return state_->current->content_type; }
std::string_view response_reader::location() const { return state_->current->location; }
std::optional<std::string_view> response_reader::retry_after() const {
  return state_->current->retry_after;
}
std::string& response_reader::body() { return state_->current->body; }
bool response_reader::reusable() const {
  return done() && state_->current->keep_alive() && state_->unread.empty();
}

}  // namespace regatta::internal
