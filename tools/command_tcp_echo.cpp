// SPDX-License-Identifier: Apache-2.0
#include "tools/command_tcp_echo.hpp"

#include <fmt/format.h>
#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "harness/platform/child_process.hpp"
#include "tools/exit_codes.hpp"
#include "workloads/servers/server_process.hpp"
#include "workloads/servers/tcp_echo_server.hpp"

namespace regatta {
namespace {

struct tcp_echo_arguments {
  std::uint16_t port = 0;
  int announce_fd = -1;
  pid_t parent = 0;
};

void serve(const tcp_echo_arguments& arguments) {
  if (arguments.parent != 0) die_with_parent(arguments.parent);
  tcp_echo_server server(arguments.port);
  if (arguments.announce_fd >= 0) {
    announce_port(arguments.announce_fd, server.port());
  } else {
    fmt::print(stderr, "TCP echo server on tcp://127.0.0.1:{}; Ctrl-C ends it\n", server.port());
  }
  server.run();
}

}  // namespace

void add_tcp_echo_command(CLI::App& app, int& exit_code) {
  CLI::App& command = *app.add_subcommand("tcp-echo", "Serve on loopback, sending back what comes");
  const auto arguments = std::make_shared<tcp_echo_arguments>();
  command.add_option("--port", arguments->port, "Port on 127.0.0.1; 0 takes a free one")
      ->capture_default_str();
  command.add_option("--announce-fd", arguments->announce_fd)->group("");
  command.add_option("--parent", arguments->parent)->group("");
  command.callback([arguments, &exit_code] {
    serve(*arguments);
    exit_code = exit_fine;
  });
}

}  // namespace regatta
