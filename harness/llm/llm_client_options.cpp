// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/llm_client_options.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "harness/http_message.hpp"

namespace regatta {
namespace {

bool is_visible(unsigned char c) { return c > 0x20 && c < 0x7f; }

std::string text_of(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* bytes = nullptr;
  if (address.sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  if (bytes != nullptr) ::inet_ntop(address.sa_family, bytes, text, sizeof(text));
  return text;
}

}  // namespace

host_addresses look_up_host(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &list);
  if (error != 0) return {{}, ::gai_strerror(error), error == EAI_AGAIN};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  host_addresses found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::string text = text_of(*entry->ai_addr);
    if (!text.empty()) found.addresses.push_back(std::move(text));
  }
  if (found.addresses.empty()) found.error = "it has no internet address";
  return found;
}

void check(const llm_endpoint& endpoint) {
  if (!std::all_of(endpoint.url.begin(), endpoint.url.end(), is_visible)) {
    throw std::invalid_argument("the URL of the LLM service has a space or a control character");
  }
  parse_origin(endpoint.url);
  // The key itself is not shown, not even a wrong one.
  if (!std::all_of(endpoint.key.begin(), endpoint.key.end(), is_visible)) {
    throw std::invalid_argument(
        "the key of the LLM service has a space, a line end or a control character; give it as it "
        "was issued");
  }
}

void check(const llm_client_options& options) {
  check(options.endpoint);
  const auto refuse = [](const char* sentence) { throw std::invalid_argument(sentence); };
  if (options.most_connections == 0 || options.most_connections_per_host == 0) {
    refuse("an LLM client needs at least 1 connection, in all and per host");
  }
  if (options.most_requests == 0) refuse("an LLM client needs at least 1 request at once");
  if (options.retry.attempts == 0) refuse("an LLM client needs at least 1 attempt per request");
  if (options.connect_timeout.count() <= 0 || options.total_timeout.count() <= 0) {
    refuse("the timeouts of an LLM client must be more than 0");
  }
  if (options.retry.first_delay.count() < 0 || options.retry.longest_delay.count() < 0) {
    refuse("the delays between attempts must not be negative");
  }
}

}  // namespace regatta
