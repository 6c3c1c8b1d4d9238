// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "workloads/servers/server_process.hpp"

namespace regatta {

/// A server_process that is started again, on the port it had, when it dies. A few times: one that
/// dies again and again has a reason, which its users had better be told. Not for runs, whose cells
/// a server that has been away would measure. Thread safety: given_up() on any thread.
class kept_server {
 public:
  static constexpr unsigned most_restarts = 5;

  /// Starts it; `arguments` must take a --port. Throws as server_process does.
  kept_server(std::string name, std::vector<std::string> arguments);
  /// Ends it.
  ~kept_server();

  const std::string& port() const { return port_; }
  /// From now on: looks after it ten times a second, in a thread of its own; fork what shall be
  /// forked before. `tell` gets a sentence each time that it was started again. To be called once.
  void keep(std::function<void(const std::string&)> tell);
  /// Why it is not started again any more; nothing while it is.
  std::optional<std::string> given_up() const;

 private:
  void look_after(const std::stop_token& stop, const std::function<void(const std::string&)>& tell);

  const std::string name_;
  std::vector<std::string> arguments_;
  std::optional<server_process> server_;  // of the thread, once there is one
  std::string port_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::string> given_up_;  // guarded by mutex_
  std::jthread keeper_;
};

}  // namespace regatta
