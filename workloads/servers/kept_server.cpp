// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/kept_server.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>

namespace regatta {

using namespace std::chrono_literals;

namespace {

constexpr auto between_looks = 100ms;

}  // namespace

kept_server::kept_server(std::string name, std::vector<std::string> arguments)
    : name_(std::move(name)), arguments_(std::move(arguments)) {
  server_.emplace(name_, arguments_);
  port_ = server_->port();
  arguments_.insert(arguments_.end(), {"--port", port_});
}

kept_server::~kept_server() = default;

void kept_server::keep(std::function<void(const std::string&)> tell) {
  keeper_ = std::jthread(
      [this, tell = std::move(tell)](const std::stop_token& stop) { look_after(stop, tell); });
}

std::optional<std::string> kept_server::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

void kept_server::look_after(const std::stop_token& stop,
                             const std::function<void(const std::string&)>& tell) {
  std::optional<std::string> failure;
  unsigned restarts = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, between_looks, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (server_) failure = server_->failure();
    if (!failure) continue;
    if (restarts == most_restarts) {
      const std::lock_guard lock(mutex_);
      given_up_ = fmt::format("{}, after it had been started again {} times", *failure, restarts);
      return;
    }
    ++restarts;
    server_.reset();
    try {
      server_.emplace(name_, arguments_);
      tell(fmt::format("{}; it was started again ({} of {} times)\n", *failure, restarts,
                       most_restarts));
      failure.reset();
    } catch (const std::exception& error) {
      failure = error.what();
    }
  }
}

}  // namespace regatta
