// SPDX-License-Identifier: Apache-2.0
#include "tools/command_mock_llm.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness/platform/child_process.hpp"
#include "workloads/servers/mock_llm_server.hpp"
#include "workloads/servers/server_process.hpp"

namespace regatta {
namespace {

struct mock_llm_arguments {
  mock_llm_options server;
  int announce_fd = -1;
  pid_t parent = 0;
};

void add_latency(CLI::App& command, const std::string& flag, latency_distribution& target,
                 const std::string& help) {
  command
      .add_option_function<std::string>(
          flag,
          [&target, flag](const std::string& text) {
            try {
              target = parse_latency_distribution(text);
            } catch (const std::invalid_argument& error) {
              throw CLI::ValidationError(flag, error.what());
            }
          },
          help)
      ->type_name("LATENCY")
      ->default_str(to_string(target));
}

void serve(const mock_llm_arguments& arguments) {
  const bool is_service = arguments.announce_fd >= 0;
  mock_llm_server server(arguments.server);
  if (is_service) {
    announce_port(arguments.announce_fd, server.port());
  } else {
    fmt::print(
        stderr,
        "mock LLM server on http://127.0.0.1:{}/v1 (seed {}, time to first token {}, between "
        "tokens {}); Ctrl-C ends it\n",
        server.port(), arguments.server.seed, to_string(arguments.server.time_to_first_token),
        to_string(arguments.server.time_between_tokens));
  }
  server.run();
  if (is_service) return;
  const mock_llm_stats stats = server.stats();
  fmt::print(
      "{} requests served: {} completions, {} documents, {} rate-limited, {} errors; at most {} "
      "connections at once\n",
      stats.requests, stats.completions, stats.documents, stats.rate_limited, stats.errors,
      stats.peak_connections);
}

int command_mock_llm(const mock_llm_arguments& arguments) {
  if (arguments.parent != 0) die_with_parent(arguments.parent);
  try {
    serve(arguments);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "regatta mock-llm: {}\n", error.what());
    return 1;
  }
}

}  // namespace

void add_mock_llm_command(CLI::App& app, int& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "mock-llm", "Serve an OpenAI-compatible mock LLM on loopback, with latencies you choose");
  const auto arguments = std::make_shared<mock_llm_arguments>();
  mock_llm_options& server = arguments->server;
  command.add_option("--port", server.port, "Port on 127.0.0.1; 0 takes a free one")
      ->capture_default_str();
  command.add_option("--seed", server.seed, "Decides latencies and failures, not answers")
      ->capture_default_str();
  add_latency(command, "--ttft", server.time_to_first_token,
              "Time to first token: 200ms, lognormal:200ms:0.25 (mean, sigma) or exponential:50ms");
  add_latency(command, "--tbt", server.time_between_tokens, "Time between tokens");
  add_latency(command, "--document-latency", server.document_latency,
              "Time until /documents/<n> answers");
  command
      .add_option("--tokens", server.max_tokens, "Length of answers to requests without max_tokens")
      ->check(CLI::Range(1U, 32768U))
      ->capture_default_str();
  command.add_option("--error-rate", server.error_rate, "Share of completions that fail with 500")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--rate-limit-rate", server.rate_limit_rate,
                  "Share of completions refused with 429 and Retry-After")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--announce-fd", arguments->announce_fd)->group("");
  command.add_option("--parent", arguments->parent)->group("");
  command.callback([arguments, &exit_code] { exit_code = command_mock_llm(*arguments); });
}

}  // namespace regatta
