// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/packet_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace regatta {

bool send_packet(int socket, std::string_view packet) {
  for (;;) {
    const ssize_t put = ::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL);
    if (put >= 0) return true;
    if (errno != EINTR) return false;
  }
}

received receive_packet(int socket, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{socket, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready == 0) return {receive_end::timeout, {}};
    if (ready < 0) continue;  // EINTR
    const ssize_t size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
    if (size <= 0) return {receive_end::closed, {}};
    std::string packet(static_cast<std::size_t>(size), '\0');
    const ssize_t got = ::recv(socket, packet.data(), packet.size(), 0);
    if (got <= 0) return {receive_end::closed, {}};
    packet.resize(static_cast<std::size_t>(got));
    return {receive_end::packet, std::move(packet)};
  }
}

}  // namespace regatta
