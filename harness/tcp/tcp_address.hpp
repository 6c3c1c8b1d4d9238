// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace regatta {

/// Where a plain TCP service is.
struct tcp_address {
  std::string host;
  std::string port;

  bool operator==(const tcp_address&) const = default;
};

/// Reads "tcp://127.0.0.1:7000". Throws std::invalid_argument with a sentence for the user.
tcp_address parse_tcp_address(const std::string& url);

}  // namespace regatta
