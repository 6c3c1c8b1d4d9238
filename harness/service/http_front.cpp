// SPDX-License-Identifier: Apache-2.0
#include "harness/service/http_front.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/contexts/asio_operation.hpp"
#include "harness/contexts/deadline.hpp"

namespace regatta {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using error_code = boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr int backlog = 16384;  // the kernel cuts it to net.core.somaxconn
constexpr auto out_of_descriptors_pause = 50ms;
constexpr auto farewell = 2s;  // for a refused client to see why before the connection is reset
constexpr std::size_t first_read = 4096;
constexpr std::uint32_t most_header_bytes = 16 << 10;

using request_parser = http::request_parser<http::string_body>;
using wire_answer = http::response<http::string_body>;

wire_answer wire_of(front_answer&& answer, unsigned version, bool keep_alive) {
  wire_answer wire(http::int_to_status(answer.status), version);
  wire.set(http::field::server, "regatta");
  wire.set(http::field::content_type, answer.content_type);
  if (answer.retry_after) {
    wire.set(http::field::retry_after, std::to_string(*answer.retry_after));
  }
  if (!answer.allow.empty()) wire.set(http::field::allow, answer.allow);
  wire.keep_alive(keep_alive && !answer.close);
  wire.body() = std::move(answer.body);
  wire.prepare_payload();
  return wire;
}

// The answer to what the parser does not take; nothing if there is nobody to answer. Nor is a
// client that was too slow: the stream has closed the socket by then.
std::optional<front_answer> refusal_of(error_code error) {
  if (error == http::error::body_limit) return error_answer(413, "the body is too large");
  if (error == http::error::header_limit) return error_answer(431, "the header is too large");
  const bool of_parser = error.category() == make_error_code(http::error::bad_method).category();
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
  if (!of_parser || gone) return std::nullopt;
  return error_answer(400, "not an HTTP request: " + error.message());
}

}  // namespace

front_answer error_answer(unsigned status, const std::string& why) {
  const nlohmann::json body{{"error", why}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

struct http_front::state {
  std::vector<event_loop*> loops;
  http_front_options options;
  front_counts& counts;
  answerer answer;
  tcp::acceptor listener;
  std::size_t next_loop = 0;

  state(std::span<event_loop* const> over, http_front_options given, front_counts& into,
        answerer answers)
      : loops(over.begin(), over.end()),
        options(std::move(given)),
        counts(into),
        answer(std::move(answers)),
        listener(loops.front()->io()) {}

  void listen() {
    try {
      const tcp::endpoint where(asio::ip::make_address(options.address), options.port);
      listener.open(where.protocol());
      listener.set_option(tcp::acceptor::reuse_address(true));
      listener.bind(where);
      listener.listen(backlog);
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(
          fmt::format("cannot listen on {}:{}: {}; try another port, or 0 for a free one",
                      options.address, options.port, error.code().message()));
    }
  }

  async_task<void> accept() {
    event_loop& own = *loops.front();
    for (;;) {
      tcp::socket socket(own.io());
      const auto [error] = co_await operation<error_code>(
          [&](auto done) { listener.async_accept(socket, std::move(done)); });
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // most likely out of descriptors: wait for a close
        co_await sleep_until(own, steady_clock::now() + out_of_descriptors_pause);
        continue;
      }
      counts.accepted.add();
      deal_out(std::move(socket));
    }
  }

  void deal_out(tcp::socket socket) {
    const std::size_t which = next_loop;
    next_loop = (next_loop + 1) % loops.size();
    if (which == 0) return loops[0]->start(serve(0, std::move(socket)));
    const auto protocol = socket.local_endpoint().protocol();
    const int descriptor = socket.release();
    asio::post(loops[which]->io(), [this, which, protocol, descriptor] {
      event_loop& loop = *loops[which];
      loop.start(serve(which, tcp::socket(loop.io(), protocol, descriptor)));
    });
  }

  async_task<void> serve(std::size_t loop, tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    const counted open(counts.connections);
    try {
      error_code ignored;
      stream.socket().set_option(tcp::no_delay(true), ignored);
      if (counts.connections.get() > static_cast<std::int64_t>(options.most_connections)) {
        counts.turned_away.add();
        front_answer full = error_answer(503, "there are too many connections; try again later");
        full.retry_after = 1;
        co_await refuse(stream, std::move(full));
        co_return;
      }
      beast::flat_buffer input;
      bool again = true;
      while (again) again = co_await serve_request(loop, stream, input);
    } catch (const std::exception&) {
      // Of the connection itself, which is all that ends: requests have answered their own.
    }
  }

  /// True if the connection is good for another request.
  async_task<bool> serve_request(std::size_t loop, beast::tcp_stream& stream,
                                 beast::flat_buffer& input) {
    if (input.size() == 0) {
      stream.expires_after(options.idle_timeout);
      const auto [error, count] = co_await operation<error_code, std::size_t>(
          [&](auto done) { stream.async_read_some(input.prepare(first_read), std::move(done)); });
      if (error) co_return false;
      input.commit(count);
    }
    stream.expires_after(options.client_timeout);
    request_parser parser;
    parser.header_limit(most_header_bytes);
    parser.body_limit(options.most_body_bytes);
    const error_code problem = co_await read(stream, input, parser);
    if (problem) {
      if (problem == beast::error::timeout) counts.slow_clients.add();
      std::optional<front_answer> why = refusal_of(problem);
      if (!why) co_return false;
      counts.broken.add();
      co_await refuse(stream, *std::move(why));
      co_return false;
    }
    const counted busy(counts.busy);
    http::request<http::string_body> received = parser.release();
    const bool head_only = received.method() == http::verb::head;
    const std::string target(received.target());
    const front_request request{std::string(received.method_string()),
                                target.substr(0, target.find('?')), std::move(received.body())};
    front_answer answered;
    try {
      answered = co_await answer(loop, request);
    } catch (const std::exception& error) {
      answered = error_answer(500, error.what());
    }
    wire_answer wire = wire_of(std::move(answered), received.version(), received.keep_alive());
    if (head_only) wire.body().clear();  // Content-Length stays that of the body
    const bool written = co_await write(stream, wire);
    co_return written&& wire.keep_alive();
  }

  async_task<error_code> read(beast::tcp_stream& stream, beast::flat_buffer& input,
                              request_parser& parser) {
    const auto [head_error, head_bytes] = co_await operation<error_code, std::size_t>(
        [&](auto done) { http::async_read_header(stream, input, parser, std::move(done)); });
    (void)head_bytes;
    if (head_error) co_return head_error;
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      const auto [error, bytes] = co_await operation<error_code, std::size_t>(
          [&](auto done) { http::async_write(stream, go_on, std::move(done)); });
      (void)bytes;
      if (error) co_return error;
    }
    const auto [error, bytes] = co_await operation<error_code, std::size_t>(
        [&](auto done) { http::async_read(stream, input, parser, std::move(done)); });
    (void)bytes;
    co_return error;
  }

  async_task<bool> write(beast::tcp_stream& stream, wire_answer& wire) {
    stream.expires_after(options.client_timeout);
    const auto [error, bytes] = co_await operation<error_code, std::size_t>(
        [&](auto done) { http::async_write(stream, wire, std::move(done)); });
    (void)bytes;
    if (error == beast::error::timeout) counts.slow_clients.add();
    co_return !error;
  }

  /// Answers and closes. What the client goes on sending is read and thrown away for a while: to
  /// close with unread input would reset the connection, and may destroy the answer on its way.
  async_task<void> refuse(beast::tcp_stream& stream, front_answer why) {
    wire_answer wire = wire_of(std::move(why), 11, false);
    const bool written = co_await write(stream, wire);
    if (!written) co_return;
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(farewell);
    std::vector<char> thrown_away(16U << 10U);
    for (;;) {
      const auto [error, count] = co_await operation<error_code, std::size_t>(
          [&](auto done) { stream.async_read_some(asio::buffer(thrown_away), std::move(done)); });
      (void)count;
      if (error) co_return;
    }
  }
};

http_front::http_front(std::span<event_loop* const> loops, http_front_options options,
                       front_counts& counts, answerer answer)
    : state_(std::make_unique<state>(loops, std::move(options), counts, std::move(answer))) {
  state_->listen();
}

http_front::~http_front() = default;

std::uint16_t http_front::port() const { return state_->listener.local_endpoint().port(); }

void http_front::start() { state_->loops.front()->start(state_->accept()); }

}  // namespace regatta
