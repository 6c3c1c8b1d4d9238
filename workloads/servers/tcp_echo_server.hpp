// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

namespace regatta {

/// Sends back what it is sent, on 127.0.0.1: one thread, keeps connections, takes up to 16 MiB of a
/// message before somebody reads its answer. Thread safety: port() and stop() from any thread; one
/// thread in run().
class tcp_echo_server {
 public:
  /// Listens at once; port 0 takes a free one. Throws std::runtime_error with a sentence if the
  /// port cannot be had.
  explicit tcp_echo_server(std::uint16_t port = 0);
  ~tcp_echo_server();

  std::uint16_t port() const;
  /// Serves until stop(), SIGINT or SIGTERM.
  void run();
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
