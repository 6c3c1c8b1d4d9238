// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/platform/child_process.hpp"
#include "workloads/servers/private_directory.hpp"

namespace regatta {

struct private_postgresql_options {
  unsigned max_connections = 400;
  /// Beside the socket in its own directory: this port of 127.0.0.1, and passwords asked for there.
  std::optional<std::uint16_t> port = std::nullopt;
};

/// A PostgreSQL server of our own: started from the distribution's package, its data in a directory
/// that goes with it, reached over a Unix socket in there. Root starts it as user postgres or
/// nobody, since it refuses to run as root. It ends with this object, and with this process.
/// Thread safety: one thread, the main one: the server ends when the thread that started it does.
class private_postgresql {
 public:
  /// A sentence that says what is missing, if it cannot run here.
  static std::optional<std::string> why_unavailable();

  /// Takes a second or two. Throws std::runtime_error with what the server said.
  explicit private_postgresql(const private_postgresql_options& options = {});
  ~private_postgresql();
  private_postgresql(const private_postgresql&) = delete;
  private_postgresql& operator=(const private_postgresql&) = delete;

  /// Of its superuser, over the Unix socket.
  std::string url() const;
  /// -1: it has ended.
  pid_t pid() const { return pid_; }
  const std::filesystem::path& directory() const { return directory_->path(); }

  /// Why it no longer works, if it does not.
  std::optional<std::string> failure();
  /// SIGKILL, as a crash or the kernel's out-of-memory killer does it.
  void kill();
  /// After it has ended: on the same data.
  void start();

 private:
  void make_cluster();
  bool is_ready(std::chrono::steady_clock::time_point limit);
  void stop();
  pid_t run(const std::string& program, std::vector<std::string> arguments, int death_signal) const;

  const private_postgresql_options options_;
  std::filesystem::path binaries_;
  user_identity user_;
  std::unique_ptr<private_directory> directory_;
  pid_t pid_ = -1;
  std::optional<std::string> failure_;
};

}  // namespace regatta
