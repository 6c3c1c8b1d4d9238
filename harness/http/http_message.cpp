// SPDX-License-Identifier: Apache-2.0
#include "harness/http_message.hpp"

#include <stdexcept>

namespace regatta {

http_origin parse_origin(const std::string& url) {
  const auto bad = [&url](const std::string& why) {
    return std::invalid_argument("'" + url + "' is not an endpoint: " + why +
                                 "; give one like http://127.0.0.1:8080 or https://host/prefix");
  };
  http_origin origin;
  std::string rest;
  if (url.starts_with("http://")) {
    rest = url.substr(7);
  } else if (url.starts_with("https://")) {
    origin.tls = true;
    rest = url.substr(8);
  } else {
    throw bad("it must begin with http:// or https://");
  }
  if (const auto slash = rest.find('/'); slash != std::string::npos) {
    origin.base_path = rest.substr(slash);
    rest.resize(slash);
    while (origin.base_path.ends_with('/')) origin.base_path.pop_back();
  }
  origin.port = origin.tls ? "443" : "80";
  const auto bracket = rest.rfind(']');  // an IPv6 address stands in brackets
  const auto colon = rest.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    origin.port = rest.substr(colon + 1);
    rest.resize(colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  origin.host = rest;
  if (origin.host.empty()) throw bad("it names no host");
  // Without brackets a colon belongs to the port; the others belong to no host at all.
  const bool bracketed = bracket != std::string::npos && url.find('[') != std::string::npos;
  if (origin.host.find_first_of(bracketed ? "[]?#@ " : ":[]?#@ ") != std::string::npos) {
    throw bad("'" + origin.host + "' is no host");
  }
  const bool digits = origin.port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || origin.port.empty() || origin.port.size() > 5 || std::stoul(origin.port) > 65535 ||
      std::stoul(origin.port) == 0) {
    throw bad("'" + origin.port + "' is no port");
  }
  return origin;
}

}  // namespace regatta
