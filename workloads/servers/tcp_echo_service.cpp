// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>

#include "harness/service.hpp"
#include "workloads/servers/server_process.hpp"

namespace regatta {
namespace {

/// tcp_echo_server as a child process.
class tcp_echo_service final : public running_service {
 public:
  std::string endpoint() const override { return "tcp://127.0.0.1:" + server_.port(); }
  std::optional<std::string> failure() override { return server_.failure(); }

 private:
  server_process server_{"the TCP echo server", {"tcp-echo"}};
};

std::unique_ptr<running_service> start(const service_options& options) {
  refuse_settings(options, "echo");
  return std::make_unique<tcp_echo_service>();
}

const service_registration registered("echo", &start);

}  // namespace
}  // namespace regatta
