// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace regatta {

/// Where an HTTP server is: the part of a URL before the path.
struct http_origin {
  bool tls = false;
  std::string host;
  std::string port;
  std::string base_path;  ///< prefix of every target, "" or "/v1"; never ends in '/'

  bool operator==(const http_origin&) const = default;
};

/// Reads "http://127.0.0.1:8080/prefix". Throws std::invalid_argument with a sentence for the user.
http_origin parse_origin(const std::string& url);

struct http_request {
  std::string method = "GET";
  std::string target = "/";  ///< appended to the origin's base_path
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Takes a streamed body piece by piece, as it arrives, however the sender or the network cut it.
using http_piece_handler = std::function<void(std::string_view piece)>;

struct http_response {
  unsigned status = 0;
  std::string body;
};

}  // namespace regatta
