// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace regatta {

/// A server of this program as a child process, so that its CPU time and memory are not those of
/// any cell: `regatta VERB … --parent PID --announce-fd FD`, which writes its port, in a line, to
/// that descriptor when it listens. Thread safety: one thread.
class server_process {
 public:
  /// `name` as in "the mock LLM server"; `arguments` begin with the verb. Throws std::runtime_error
  /// with a sentence if it does not start.
  server_process(std::string name, std::vector<std::string> arguments);
  /// Ends it.
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  const std::string& port() const { return port_; }
  /// See running_service::failure.
  std::optional<std::string> failure();

 private:
  const std::string name_;
  pid_t pid_ = -1;  ///< -1: reaped
  std::string port_;
  std::optional<std::string> failure_;
};

/// What such a server does when it listens. Closes `fd`. Throws std::runtime_error.
void announce_port(int fd, std::uint16_t port);

}  // namespace regatta
