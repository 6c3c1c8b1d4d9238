// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/peer.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "harness/platform/unique_fd.hpp"

namespace regatta::http_load {
namespace {

constexpr int patience_ms = 5000;

// 0, or what kept us from connecting.
int try_to_connect(const addrinfo& where) {
  const unique_fd fd(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), where.ai_addr, where.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd entry{fd.get(), POLLOUT, 0};
  const int ready = ::poll(&entry, 1, patience_ms);
  if (ready <= 0) return ready == 0 ? ETIMEDOUT : errno;
  int outcome = 0;
  socklen_t length = sizeof(outcome);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &outcome, &length);
  return outcome;
}

}  // namespace

peer find_peer(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (failure != 0) {
    throw std::runtime_error(fmt::format("there is no host '{}' ({}); is its name spelt right?",
                                         host, ::gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(list, &::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    error = try_to_connect(*each);
    if (error != 0) continue;
    peer found;
    std::memcpy(&found.address, each->ai_addr, each->ai_addrlen);
    found.length = each->ai_addrlen;
    return found;
  }
  throw std::runtime_error(fmt::format("cannot connect to {}:{}: {}; does the server run there?",
                                       host, port, std::generic_category().message(error)));
}

}  // namespace regatta::http_load
