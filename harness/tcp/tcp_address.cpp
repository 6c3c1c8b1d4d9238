// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp/tcp_address.hpp"

#include <stdexcept>
#include <string_view>

#include "harness/http_message.hpp"

namespace regatta {

tcp_address parse_tcp_address(const std::string& url) {
  constexpr std::string_view scheme = "tcp://";
  const auto bad = [&url] {
    return std::invalid_argument("'" + url +
                                 "' is no TCP address; give one like tcp://127.0.0.1:7000");
  };
  if (!url.starts_with(scheme)) throw bad();
  const std::string rest = url.substr(scheme.size());
  // A port must be there: HTTP's would be taken else.
  if (rest.rfind(':') == rest.npos || rest.ends_with(']') || rest.find('/') != rest.npos) {
    throw bad();
  }
  try {
    http_origin where = parse_origin("http://" + rest);
    return {std::move(where.host), std::move(where.port)};
  } catch (const std::invalid_argument&) {
    throw bad();
  }
}

}  // namespace regatta
