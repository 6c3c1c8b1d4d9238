// SPDX-License-Identifier: Apache-2.0
#include "harness/http/blocking_http_client.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "harness/http/internal/beast_exchange.hpp"
#include "harness/http/internal/blocking_socket.hpp"

namespace regatta {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using error_code = boost::system::error_code;
using internal::blocking_socket;

namespace {

using tls_stream = asio::ssl::stream<blocking_socket>;

struct connection {
  std::optional<blocking_socket> plain;
  std::unique_ptr<tls_stream> tls;
  beast::flat_buffer unread;

  blocking_socket& lowest() { return tls ? tls->next_layer() : *plain; }
};

void check(error_code error, const char* during) {
  if (error == asio::error::timed_out) throw deadline_exceeded();
  // The standard's type: Boost's own adds the place in Asio's source to what the user reads.
  if (error) throw std::system_error(std::error_code(error), during);
}

// Not eager: an eager parser keeps a piece until it has seen what comes after it.
template <class Stream>
error_code read_pieces(Stream& stream, beast::flat_buffer& unread, internal::beast_parser& parser,
                       const http_piece_handler& on_piece) {
  error_code error;
  while (!error && !parser.is_done()) {
    http::read_some(stream, unread, parser, error);
    internal::hand_on_piece(parser, on_piece);
  }
  return error;
}

template <class Stream>
error_code exchange(Stream& stream, beast::flat_buffer& unread,
                    const internal::beast_request& request, internal::beast_parser& parser,
                    const http_piece_handler& on_piece) {
  error_code error;
  http::write(stream, request, error);
  if (error) return error;
  if (on_piece) return read_pieces(stream, unread, parser, on_piece);
  http::read(stream, unread, parser, error);
  return error;
}

}  // namespace

struct blocking_http_client::state {
  struct pool {
    http_origin origin;
    std::vector<tcp::endpoint> addresses;
    std::vector<std::unique_ptr<connection>> idle;
  };

  const run_environment& environment;
  asio::io_context never_run;
  std::mutex mutex;
  std::map<std::string, pool> pools;      // guarded by mutex; entries stay where they are
  std::optional<asio::ssl::context> tls;  // guarded by mutex until made, then only read

  pool& pool_of(const std::string& service) {
    const std::lock_guard lock(mutex);
    const auto found = pools.find(service);
    if (found != pools.end()) return found->second;
    pool fresh{parse_origin(environment.endpoint(service)), {}, {}};
    tcp::resolver resolver(never_run);
    for (const auto& entry : resolver.resolve(fresh.origin.host, fresh.origin.port)) {
      fresh.addresses.push_back(entry.endpoint());
    }
    if (fresh.origin.tls && !tls) tls.emplace(internal::make_tls_context());
    return pools.emplace(service, std::move(fresh)).first->second;
  }

  std::unique_ptr<connection> take_idle(pool& target) {
    const std::lock_guard lock(mutex);
    if (target.idle.empty()) return nullptr;
    auto link = std::move(target.idle.back());
    target.idle.pop_back();
    return link;
  }

  void put_back(pool& target, std::unique_ptr<connection> link) {
    const std::lock_guard lock(mutex);
    target.idle.push_back(std::move(link));
  }

  std::unique_ptr<connection> connect(const pool& target, deadline limit) {
    auto fresh = std::make_unique<connection>();
    if (target.origin.tls) {
      fresh->tls = std::make_unique<tls_stream>(blocking_socket(never_run), *tls);
      internal::prepare_tls(*fresh->tls, target.origin.host);
    } else {
      fresh->plain.emplace(never_run);
    }
    fresh->lowest().set_deadline(limit);
    error_code error = asio::error::host_not_found;
    for (const tcp::endpoint& address : target.addresses) {
      error = {};
      fresh->lowest().connect(address, error);
      if (!error) break;
    }
    check(error, "connecting");
    if (fresh->tls) {
      fresh->tls->handshake(asio::ssl::stream_base::client, error);
      check(error, "TLS handshake");
    }
    return fresh;
  }
};

blocking_http_client::blocking_http_client(const run_environment& environment)
    : state_(new state{environment, {}, {}, {}, {}}) {}
blocking_http_client::~blocking_http_client() = default;

http_response blocking_http_client::send(const std::string& service, http_request request,
                                         deadline limit, const http_piece_handler& on_piece) {
  state::pool& target = state_->pool_of(service);
  const internal::beast_request wire = internal::make_request(
      target.origin, service, state_->environment.api_key, std::move(request));
  for (;;) {
    std::unique_ptr<connection> link = state_->take_idle(target);
    const bool reused = link != nullptr;
    if (!reused) link = state_->connect(target, limit);
    link->lowest().set_deadline(limit);
    internal::beast_parser parser;
    parser.body_limit(internal::largest_response);
    const error_code error = link->tls
                                 ? exchange(*link->tls, link->unread, wire, parser, on_piece)
                                 : exchange(*link->plain, link->unread, wire, parser, on_piece);
    // The server may close an idle connection at any time; that is not this request's failure.
    if (error && reused && !parser.got_some() && error != asio::error::timed_out) continue;
    check(error, "talking HTTP");
    http_response response{parser.get().result_int(), std::move(parser.get().body())};
    if (parser.get().keep_alive()) state_->put_back(target, std::move(link));
    return response;
  }
}

}  // namespace regatta
