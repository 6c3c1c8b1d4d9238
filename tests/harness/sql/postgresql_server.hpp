// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "harness/contexts/run_environment.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/sql/postgresql_endpoint.hpp"
#include "workloads/servers/postgresql_admin.hpp"
#include "workloads/servers/private_postgresql.hpp"

namespace regatta::test {

/// A port of 127.0.0.1 that nobody listens on, nor will: below those that the kernel gives to
/// outgoing connections, and where no other test process looks first.
inline std::uint16_t free_port() {
  constexpr int first = 20000;
  constexpr int count = 12000;
  for (int i = 0; i < count; ++i) {
    const unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(first + (7 * ::getpid() + i) % count));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(socket.get(), generic, sizeof(address)) == 0) return ntohs(address.sin_port);
  }
  return 0;
}

/// The one PostgreSQL server of this process, started when first asked for; on a Unix socket where
/// nobody is asked for a password, and on a TCP port where everybody is.
struct postgresql_server {
  static postgresql_server& shared() {
    static postgresql_server server;
    return server;
  }

  const std::uint16_t port = free_port();
  private_postgresql server{{.max_connections = 60, .port = port}};

  postgresql_admin admin() const { return postgresql_admin(parse_connection_url(server.url())); }

  /// Connections under this name.
  static constexpr const char* name = "regatta-test";

  postgresql_endpoint endpoint() const {
    connection_options options = admin().options();
    options["application_name"] = name;
    options["options"] = "-c client_connection_check_interval=100";
    return {.url = connection_url(options)};
  }

  /// The number that the question answers, asked until it is `wanted`; the last one after 10 s.
  int ask_until(const std::string& question, int wanted) const {
    postgresql_admin asking = admin();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const int answer = std::stoi(asking.execute(question)[0][0]);
      if (answer == wanted || std::chrono::steady_clock::now() > limit) return answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// A question: of how many of those connections is `what` not NULL.
  static std::string count_of(const std::string& condition, const std::string& what = "*") {
    return "SELECT count(" + what + ") FROM pg_stat_activity WHERE application_name = '" + name +
           "' AND " + condition;
  }
};

/// Skips its tests where there is no PostgreSQL.
class WithPostgresql : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = private_postgresql::why_unavailable()) GTEST_SKIP() << *missing;
  }
};

inline run_environment with_database(const std::string& endpoint) {
  run_environment environment;
  environment.endpoints = {{"database", endpoint}};
  return environment;
}

}  // namespace regatta::test
