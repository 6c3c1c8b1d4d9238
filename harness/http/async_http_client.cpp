// SPDX-License-Identifier: Apache-2.0
#include "harness/http/async_http_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "harness/contexts/asio_operation.hpp"
#include "harness/http/internal/beast_exchange.hpp"

namespace regatta {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using error_code = boost::system::error_code;

namespace {

using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

struct connection {
  std::optional<plain_stream> plain;
  std::unique_ptr<tls_stream> tls;
  beast::flat_buffer unread;

  plain_stream& lowest() { return tls ? tls->next_layer() : *plain; }
};

void check(error_code error, const char* during) {
  if (error == beast::error::timeout) throw deadline_exceeded();
  // The standard's type: Boost's own adds the place in Asio's source to what the user reads.
  if (error) throw std::system_error(std::error_code(error), during);
}

void expire(plain_stream& stream, deadline limit) {
  if (limit == no_deadline) {
    stream.expires_never();
  } else {
    stream.expires_at(limit);
  }
}

// Not eager: an eager parser keeps a piece until it has seen what comes after it.
template <class Stream>
async_task<error_code> read_pieces(Stream& stream, beast::flat_buffer& unread,
                                   internal::beast_parser& parser,
                                   const http_piece_handler& on_piece) {
  while (!parser.is_done()) {
    const auto [error, got] = co_await operation<error_code, std::size_t>(
        [&](auto done) { http::async_read_some(stream, unread, parser, std::move(done)); });
    (void)got;
    internal::hand_on_piece(parser, on_piece);
    if (error) co_return error;
  }
  co_return error_code();
}

template <class Stream>
async_task<error_code> exchange(Stream& stream, beast::flat_buffer& unread,
                                const internal::beast_request& request,
                                internal::beast_parser& parser,
                                const http_piece_handler& on_piece) {
  const auto [write_error, written] = co_await operation<error_code, std::size_t>(
      [&](auto done) { http::async_write(stream, request, std::move(done)); });
  (void)written;
  if (write_error) co_return write_error;
  if (on_piece) co_return co_await read_pieces(stream, unread, parser, on_piece);
  const auto [read_error, got] = co_await operation<error_code, std::size_t>(
      [&](auto done) { http::async_read(stream, unread, parser, std::move(done)); });
  (void)got;
  co_return read_error;
}

}  // namespace

struct async_http_client::state {
  struct pool {
    http_origin origin;
    std::vector<tcp::endpoint> addresses;  // resolved once
    std::vector<std::unique_ptr<connection>> idle;
  };

  event_loop& loop;
  const run_environment& environment;
  std::map<std::string, pool> pools;
  std::optional<asio::ssl::context> tls;

  pool& pool_of(const std::string& service) {
    const auto found = pools.find(service);
    if (found != pools.end()) return found->second;
    return pools.emplace(service, pool{parse_origin(environment.endpoint(service)), {}, {}})
        .first->second;
  }

  async_task<void> resolve(pool& target) {
    error_code no_address;
    const auto address = asio::ip::make_address(target.origin.host, no_address);
    if (!no_address) {
      // A resolver starts a thread; an address needs none.
      const auto port = static_cast<unsigned short>(std::stoul(target.origin.port));
      target.addresses = {tcp::endpoint(address, port)};
      co_return;
    }
    tcp::resolver resolver(loop.io());
    const auto [error, results] =
        co_await operation<error_code, tcp::resolver::results_type>([&](auto done) {
          resolver.async_resolve(target.origin.host, target.origin.port, std::move(done));
        });
    check(error, "looking up the host of the endpoint");
    target.addresses.assign(results.begin(), results.end());
  }

  async_task<std::unique_ptr<connection>> connect(pool& target, deadline limit) {
    if (target.addresses.empty()) co_await resolve(target);
    auto fresh = std::make_unique<connection>();
    if (target.origin.tls) {
      if (!tls) tls.emplace(internal::make_tls_context());
      fresh->tls = std::make_unique<tls_stream>(loop.io(), *tls);
      internal::prepare_tls(*fresh->tls, target.origin.host);
    } else {
      fresh->plain.emplace(loop.io());
    }
    expire(fresh->lowest(), limit);
    const auto [error, peer] = co_await operation<error_code, tcp::endpoint>(
        [&](auto done) { fresh->lowest().async_connect(target.addresses, std::move(done)); });
    (void)peer;
    check(error, "connecting");
    fresh->lowest().socket().set_option(tcp::no_delay(true));
    if (fresh->tls) {
      const auto [tls_error] = co_await operation<error_code>([&](auto done) {
        fresh->tls->async_handshake(asio::ssl::stream_base::client, std::move(done));
      });
      check(tls_error, "TLS handshake");
    }
    co_return fresh;
  }
};

async_http_client::async_http_client(event_loop& loop, const run_environment& environment)
    : state_(new state{loop, environment, {}, {}}) {}
async_http_client::~async_http_client() = default;

async_task<http_response> async_http_client::send(std::string service, http_request request,
                                                  deadline limit, http_piece_handler on_piece) {
  state::pool& target = state_->pool_of(service);
  const internal::beast_request wire = internal::make_request(
      target.origin, service, state_->environment.api_key, std::move(request));
  for (;;) {
    std::unique_ptr<connection> link;
    const bool reused = !target.idle.empty();
    if (reused) {
      link = std::move(target.idle.back());
      target.idle.pop_back();
      expire(link->lowest(), limit);
    } else {
      link = co_await state_->connect(target, limit);
    }
    internal::beast_parser parser;
    parser.body_limit(internal::largest_response);
    error_code error;
    if (link->tls) {
      error = co_await exchange(*link->tls, link->unread, wire, parser, on_piece);
    } else {
      error = co_await exchange(*link->plain, link->unread, wire, parser, on_piece);
    }
    // The server may close an idle connection at any time; that is not this request's failure.
    if (error && reused && !parser.got_some() && error != beast::error::timeout) continue;
    check(error, "talking HTTP");
    http_response response{parser.get().result_int(), std::move(parser.get().body())};
    if (parser.get().keep_alive()) target.idle.push_back(std::move(link));
    co_return response;
  }
}

}  // namespace regatta
