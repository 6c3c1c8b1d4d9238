// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "harness/contexts/run_environment.hpp"
#include "harness/http_message.hpp"

namespace regatta::internal {

using beast_request = boost::beast::http::request<boost::beast::http::string_body>;
using beast_parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

constexpr std::size_t largest_response = 64U << 20U;

/// What goes on the wire, the same for both colours.
inline beast_request make_request(const http_origin& origin, const std::string& service,
                                  const std::string& api_key, http_request&& request) {
  namespace http = boost::beast::http;
  beast_request wire;
  wire.version(11);
  wire.method_string(request.method);
  wire.target(origin.base_path + request.target);
  const bool ipv6 = origin.host.find(':') != std::string::npos;
  wire.set(http::field::host, (ipv6 ? "[" + origin.host + "]" : origin.host) + ":" + origin.port);
  wire.set(http::field::user_agent, "regatta");
  for (const auto& [name, value] : request.headers) wire.set(name, value);
  if (!api_key.empty() && service == "llm") {
    wire.set(http::field::authorization, "Bearer " + api_key);
  }
  wire.keep_alive(true);
  wire.body() = std::move(request.body);
  wire.prepare_payload();
  return wire;
}

/// Hands on what has come of a body since the last time; keeps that of an error.
inline void hand_on_piece(beast_parser& parser, const http_piece_handler& on_piece) {
  if (!parser.is_header_done() || parser.get().result_int() / 100 != 2) return;
  std::string& body = parser.get().body();
  if (body.empty()) return;
  on_piece(body);
  body.clear();
}

/// Certificates are verified against the system's store, and the name against the certificate.
inline boost::asio::ssl::context make_tls_context() {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  context.set_verify_mode(boost::asio::ssl::verify_peer);
  return context;
}

template <class TlsStream>
void prepare_tls(TlsStream& stream, const std::string& host) {
  stream.set_verify_callback(boost::asio::ssl::host_name_verification(host));
  SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
}

}  // namespace regatta::internal
