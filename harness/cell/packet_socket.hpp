// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace regatta {

/// One packet out. False if the other side is gone.
bool send_packet(int socket, std::string_view packet);

enum class receive_end { packet, closed, timeout };
struct received {
  receive_end end = receive_end::packet;
  std::string packet;
};

/// The next packet, of any size. Signals do not end the wait, the timeout does.
received receive_packet(int socket, std::chrono::milliseconds timeout);

}  // namespace regatta
