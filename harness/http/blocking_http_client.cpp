// SPDX-License-Identifier: Apache-2.0
#include "harness/http/blocking_http_client.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "harness/http/internal/beast_exchange.hpp"
#include "harness/tcp/internal/blocking_peer.hpp"

namespace regatta {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
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
  struct peer : internal::blocking_peer<connection> {
    peer(asio::io_context& never_run, http_origin where)
        : blocking_peer(never_run, where.host, where.port), origin(std::move(where)) {}
    const http_origin origin;
  };

  const run_environment& environment;
  asio::io_context never_run;
  std::mutex mutex;
  std::map<std::string, peer> peers;      // guarded by mutex; entries stay where they are
  std::optional<asio::ssl::context> tls;  // guarded by mutex until made, then only read

  peer& peer_of(const std::string& service) {
    const std::lock_guard lock(mutex);
    const auto found = peers.find(service);
    if (found != peers.end()) return found->second;
    http_origin origin = parse_origin(environment.endpoint(service));
    if (origin.tls && !tls) tls.emplace(internal::make_tls_context());
    return peers.try_emplace(service, never_run, std::move(origin)).first->second;
  }

  std::unique_ptr<connection> connect(const peer& target, deadline limit) {
    auto fresh = std::make_unique<connection>();
    if (target.origin.tls) {
      fresh->tls = std::make_unique<tls_stream>(blocking_socket(never_run), *tls);
      internal::prepare_tls(*fresh->tls, target.origin.host);
    } else {
      fresh->plain.emplace(never_run);
    }
    fresh->lowest().set_deadline(limit);
    target.connect(fresh->lowest());
    if (fresh->tls) {
      error_code error;
      fresh->tls->handshake(asio::ssl::stream_base::client, error);
      internal::check(error, "TLS handshake");
    }
    return fresh;
  }
};

blocking_http_client::blocking_http_client(const run_environment& environment)
    : state_(new state{environment, {}, {}, {}, {}}) {}
blocking_http_client::~blocking_http_client() = default;

http_response blocking_http_client::send(const std::string& service, http_request request,
                                         deadline limit, const http_piece_handler& on_piece) {
  state::peer& target = state_->peer_of(service);
  const internal::beast_request wire = internal::make_request(
      target.origin, service, state_->environment.api_key, std::move(request));
  for (;;) {
    std::unique_ptr<connection> link = target.take_idle();
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
    internal::check(error, "talking HTTP");
    http_response response{parser.get().result_int(), std::move(parser.get().body())};
    if (parser.get().keep_alive()) target.put_back(std::move(link));
    return response;
  }
}

}  // namespace regatta
