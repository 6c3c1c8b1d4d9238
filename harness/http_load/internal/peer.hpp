// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <string>

namespace regatta::http_load {

/// Where the server is.
struct peer {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// Looks the host up and connects once, to the first of its addresses that answers, within five
/// seconds each. Throws std::runtime_error with a sentence for the user.
peer find_peer(const std::string& host, const std::string& port);

}  // namespace regatta::http_load
