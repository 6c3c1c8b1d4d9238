// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/http_connection_asio.hpp"

#include <fmt/format.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <string>
#include <utility>

namespace regatta {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using steady = std::chrono::steady_clock;
using timer =
    asio::basic_waitable_timer<steady, asio::wait_traits<steady>, http_socket::executor_type>;
using request_parser = http::request_parser<http::string_body>;
using namespace std::chrono_literals;

constexpr std::uint32_t header_limit = 16 << 10;
constexpr std::uint64_t body_limit = 8 << 20;
constexpr std::size_t output_limit = 64 << 10;
constexpr auto patience = 5min;  // for a whole request to arrive, for an answer to be taken
constexpr auto farewell = 2s;    // for a refused client to see why before the connection is reset

std::string response_head(unsigned status, const timed_reply& reply, const std::string& framing) {
  return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}{}\r\n", status,
                     std::string_view(http::obsolete_reason(http::int_to_status(status))),
                     reply.content_type, reply.extra_headers, framing);
}

}  // namespace

/// One client. A state machine driven by three kinds of wake-up (readable, writable, due), each of
/// which calls proceed(), which goes on until it must wait again:
///
///   receiving ──► replying ──► receiving …       (one request at a time: pipelined ones wait in input_)
///       └── malformed ──► replying ──► leaving   (the rest is read and thrown away, then closed)
class http_connection : public std::enable_shared_from_this<http_connection> {
 public:
  http_connection(http_socket socket, http_loop& loop)
      : socket_(std::move(socket)), due_(socket_.get_executor()), loop_(loop) {}

  void start(std::list<std::shared_ptr<http_connection>>::iterator place) {
    place_ = place;
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    wait_readable();
  }

  void close_if_late(steady::time_point now) {
    if (now > give_up_at_) close();
  }

 private:
  enum class phase { receiving, replying, leaving, closed };

  void proceed() {
    while (true) {
      if (phase_ == phase::receiving && !parse_input()) return;
      if (phase_ != phase::replying || !send_reply()) return;
      if (!finish_reply()) return;
    }
  }

  // --- receiving

  /// For more input or, while a reply is not due yet, for the client's goodbye.
  void wait_readable() {
    if (input_.empty()) input_ = {};  // an idle connection keeps no buffer
    if (std::exchange(awaits_input_, true)) return;
    socket_.async_wait(http_socket::wait_read, [self = shared_from_this()](error_code error) {
      self->awaits_input_ = false;
      if (error) return self->close();
      if (self->phase_ == phase::replying) return self->close_if_left();
      self->read_available();
    });
  }

  /// A client that gives up, or only says that it sends no more: to a server that waits the two are
  /// the same until it writes, and most take the second for the first, as this one does.
  void close_if_left() {
    char next;
    error_code error;
    const asio::mutable_buffer one(&next, 1);
    socket_.receive(one, tcp::socket::message_peek, error);
    if (error && error != asio::error::would_block) close();
    // Else it is the next request: not looked at before this one is answered.
  }

  void read_available() {
    error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(loop_.input), error);
    if (error == asio::error::would_block) return wait_readable();
    if (error) return close();
    if (phase_ == phase::leaving) return wait_readable();
    input_.append(loop_.input.data(), count);
    proceed();
  }

  /// True when the phase is now `replying`; false when more input is awaited.
  bool parse_input() {
    if (!input_.empty()) {
      if (!parser_) {
        parser_ = std::make_unique<request_parser>();
        parser_->header_limit(header_limit);
        parser_->body_limit(body_limit);
        parser_->eager(true);
      }
      error_code error;
      input_.erase(0, parser_->put(asio::buffer(input_), error));
      if (error && error != http::error::need_more) return refuse(error), true;
      if (parser_->is_done()) return answer(), true;
      if (parser_->is_header_done()) invite_body();
    }
    wait_readable();
    return false;
  }

  void invite_body() {
    if (std::exchange(invited_, true)) return;
    if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) return;
    // 25 bytes into an empty socket buffer; a client that never hears it sends the body anyway.
    error_code ignored;
    socket_.write_some(asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), ignored);
  }

  void answer() {
    const auto& request = parser_->get();
    keep_alive_ = request.keep_alive();
    chunked_ = request.version() >= 11;
    head_only_ = request.method() == http::verb::head;
    begin_reply(loop_.answer({request.method_string(), request.target(), request.body()}));
  }

  void refuse(const error_code& error) {
    const bool too_large = error == http::error::body_limit;
    const bool long_header = error == http::error::header_limit;
    const unsigned status = too_large ? 413 : long_header ? 431 : 400;
    loop_.malformed.add(1);
    refused_ = true;
    keep_alive_ = head_only_ = false;
    const auto body = loop_.refuse(status, "not a request this server takes: " + error.message());
    begin_reply({.status = status, .content_type = "application/json", .body = body});
  }

  // --- replying

  void begin_reply(timed_reply reply) {
    loop_.requests.add(1);
    parser_.reset();
    invited_ = false;
    phase_ = phase::replying;
    reply_ = std::move(reply);
    next_due_ = steady::now() + reply_.delay;
    const bool stream = static_cast<bool>(reply_.stream);
    if (stream && !chunked_) keep_alive_ = false;  // only the end of the connection ends the body
    std::string framing = stream && chunked_ ? "Transfer-Encoding: chunked\r\n" : "";
    if (!stream) framing = fmt::format("Content-Length: {}\r\n", reply_.body.size());
    if (!keep_alive_) framing += "Connection: close\r\n";
    if (keep_alive_ && !chunked_)
      framing += "Connection: keep-alive\r\n";  // HTTP/1.0 needs telling
    output_ = response_head(reply_.status, reply_, framing);
    more_ = stream && !head_only_;
    if (!stream && !head_only_) output_ += reply_.body;
    reply_.body = {};
  }

  /// True when the whole reply is out; false when the clock, the socket or nobody is awaited.
  bool send_reply() {
    if (!is_due()) return false;
    while (true) {
      while (more_ && output_.size() < output_limit && steady::now() >= next_due_) append_piece();
      if (!flush()) return false;
      if (!more_) return true;
      if (!is_due()) return false;
    }
  }

  bool is_due() {
    if (steady::now() >= next_due_) return true;
    give_up_at_ = steady::time_point::max();  // it is we who make the client wait
    wait_readable();
    due_.expires_at(next_due_);
    due_.async_wait([self = shared_from_this()](error_code error) {
      if (!error && self->phase_ == phase::replying) self->proceed();
    });
    return false;
  }

  void append_piece() {
    std::string piece;
    const auto gap = reply_.stream(piece);
    output_ += chunked_ ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece;
    // From the due time, not from now: the machine's delays do not add up over a stream.
    if (gap) {
      next_due_ += *gap;
      return;
    }
    more_ = false;
    if (chunked_) output_ += "0\r\n\r\n";
  }

  bool flush() {
    while (sent_ < output_.size()) {
      error_code error;
      sent_ += socket_.write_some(asio::buffer(output_) + sent_, error);
      if (error == asio::error::would_block) {
        give_up_at_ = steady::now() + patience;
        socket_.async_wait(http_socket::wait_write, [self = shared_from_this()](error_code failed) {
          if (failed) return self->close();
          self->proceed();
        });
        return false;
      }
      if (error) return close(), false;
    }
    output_.clear();
    sent_ = 0;
    return true;
  }

  /// True when the next request may be read.
  bool finish_reply() {
    output_ = {};
    reply_.stream = nullptr;
    reply_.extra_headers = {};
    if (keep_alive_) {
      phase_ = phase::receiving;
      give_up_at_ = steady::now() + patience;
      return true;
    }
    if (!refused_) return close(), false;
    // Closing with unread input would reset the connection and may destroy the answer on its way.
    phase_ = phase::leaving;
    give_up_at_ = steady::now() + farewell;
    input_ = {};
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    wait_readable();
    return false;
  }

  void close() {
    if (std::exchange(phase_, phase::closed) == phase::closed) return;
    error_code ignored;
    socket_.close(ignored);
    due_.cancel();
    reply_.stream = nullptr;
    loop_.open.add(-1);
    loop_.connections.erase(place_);  // may drop the last owner but the handler that is running
  }

  http_socket socket_;
  timer due_;
  http_loop& loop_;
  std::list<std::shared_ptr<http_connection>>::iterator place_;
  std::string input_;  // received, not yet parsed
  std::unique_ptr<request_parser> parser_;
  timed_reply reply_;
  std::string output_;
  std::size_t sent_ = 0;
  steady::time_point next_due_;
  steady::time_point give_up_at_ = steady::now() + patience;
  phase phase_ = phase::receiving;
  bool keep_alive_ = true;
  bool chunked_ = true;
  bool head_only_ = false;
  bool refused_ = false;
  bool invited_ = false;
  bool more_ = false;
  bool awaits_input_ = false;
};

void serve_connection(http_loop& loop, http_socket socket) {
  const auto added = std::make_shared<http_connection>(std::move(socket), loop);
  loop.connections.push_front(added);
  loop.open.add(1);
  loop.peak.raise_to(loop.open.get());
  added->start(loop.connections.begin());
}

void close_late_connections(http_loop& loop) {
  const auto now = steady::now();
  for (auto next = loop.connections.begin(); next != loop.connections.end();) {
    const auto keep = *next++;  // closing removes it from the list
    keep->close_if_late(now);
  }
}

}  // namespace regatta
