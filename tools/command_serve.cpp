// SPDX-License-Identifier: Apache-2.0
#include "tools/command_serve.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness/service/descriptor_limit.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/serve_options.hpp"
#include "tools/terminal.hpp"
#include "tools/usage_error.hpp"
#include "workloads/servers/kept_server.hpp"
#include "workloads/servers/mock_llm_service.hpp"

namespace regatta {
namespace {

void add_flags(CLI::App& command, serve_request& request) {
  command.add_option("-b,--backend", request.backend, "Who answers: see docs/service.md")
      ->capture_default_str();
  command.add_option("--address", request.address, "Of this machine, to listen on")
      ->capture_default_str();
  command.add_option("--port", request.port, "To listen on; 0 takes a free one")
      ->capture_default_str();
  command.add_option("--workers", request.workers,
                     "Threads or processes of the pool (default: one per usable CPU; of thread and "
                     "process as many as calls of the LLM)");
  command.add_option("--llm-url", request.llm_url,
                     "An OpenAI-style server like http://127.0.0.1:9000 (default: a mock LLM of "
                     "its own)");
  command.add_option("--api-key-env", request.api_key_variable,
                     "The environment variable that holds the key for --llm-url");
  command.add_option("--model", request.model, "The model's name for the LLM")
      ->capture_default_str();
  command.add_option("--llm-latency", request.llm_latency,
                     "Of the mock LLM: 200ms, lognormal:200ms:0.25 or exponential:50ms (default "
                     "lognormal:200ms:0.25)");
  command.add_option("--llm-error-rate", request.llm_error_rate,
                     "Of the mock LLM: share of calls that fail with 500");
  command.add_option("--llm-rate-limit-rate", request.llm_rate_limit_rate,
                     "Of the mock LLM: share of calls refused with 429");
  command.add_option("--llm-limit", request.llm_limit, "Calls of the LLM at a time")
      ->capture_default_str();
  command.add_option("--max-tokens", request.max_tokens, "Asked of the LLM")->capture_default_str();
  command
      .add_option("--max-requests", request.max_requests,
                  "In service or waiting; more are shed with 503")
      ->capture_default_str();
  command.add_option("--max-connections", request.max_connections, "Of clients, at a time")
      ->capture_default_str();
  command.add_option("--max-body", request.max_body, "Of a request; more is refused with 413")
      ->capture_default_str();
  command
      .add_option("--request-timeout", request.request_timeout,
                  "For a request's steps together; then 504")
      ->capture_default_str();
  command
      .add_option("--client-timeout", request.client_timeout,
                  "For a request to arrive and for an answer to be taken")
      ->capture_default_str();
  command.add_option("--idle-timeout", request.idle_timeout, "Between a client's requests")
      ->capture_default_str();
  command
      .add_option("--drain-timeout", request.drain_timeout,
                  "For the requests inside to be answered after SIGTERM or Ctrl-C")
      ->capture_default_str();
  command
      .add_option("--threshold", request.threshold,
                  "What keeps an event loop longer is told: a blocked loop")
      ->capture_default_str();
}

std::unique_ptr<kept_server> start_mock(const serve_plan& plan) {
  try {
    return std::make_unique<kept_server>(
        "the mock LLM server",
        mock_llm_arguments({.directory = {}, .settings = plan.llm_settings}));
  } catch (const std::invalid_argument& error) {
    throw usage_error(fmt::format("of the mock LLM: {}", error.what()));
  }
}

int tell_end(const http_service_end& end, const serve_plan& plan) {
  if (end.blocked) {
    warn(end.blocked->sentence);
  } else {
    warn(fmt::format("no event loop was blocked for more than {} ms",
                     std::chrono::duration<double, std::milli>(plan.service.blocked_over).count()));
  }
  if (end.workers_lost > 0) warn(fmt::format("{} worker processes were lost", end.workers_lost));
  const int printed = print_result(fmt::format("{} requests answered, {} shed, {} cut off\n",
                                               end.requests, end.shed, end.cut_off));
  if (end.cut_off == 0) return printed;
  warn(fmt::format("{} requests were still under way after --drain-timeout and were cut off",
                   end.cut_off));
  return exit_error;
}

int execute(const serve_request& request) {
  const serve_plan plan = plan_service(request);
  allow_connections(plan.service.front.most_connections, plan.settings.llm_calls);
  catch_interrupts();  // before any process is made: Ctrl-C on a terminal reaches them all
  const backend_entry& entry = backends().at(plan.choice.backend);
  std::shared_ptr<void> preparation;
  if (entry.prepare != nullptr) preparation = entry.prepare(plan.choice.options);
  const std::unique_ptr<kept_server> mock = plan.llm_url ? nullptr : start_mock(plan);
  const std::string llm = plan.llm_url ? *plan.llm_url : "http://127.0.0.1:" + mock->port();

  const buffer dataset = answer_dataset(plan.settings, plan.model, {});
  service_metrics metrics;
  const auto workload = open_answer_service(dataset, metrics.llm);
  backend_setup setup{.info = workloads().at("answer").info,
                      .workload = *workload,
                      .dataset = dataset,
                      .options = plan.choice.options,
                      .in_flight = plan.service.calls,
                      .cpus = read_cpu_limits(),
                      .endpoints = {{"llm", llm}},
                      .api_key = plan.api_key,
                      .max_answer_bytes = 0,
                      .preparation = preparation};
  if (plan.service.workers != 0) setup.cpus.usable = plan.service.workers;
  const auto tell = [](const std::string& paragraph) {
    std::fprintf(stderr, "%s%s",
                 paragraph.starts_with("regatta: ") ? "" : "regatta: ", paragraph.c_str());
  };
  const auto stop = [&mock] { return interrupted() || (mock && mock->given_up()); };
  auto service =
      std::make_unique<http_service>(plan.service, setup, metrics, http_service_hooks{stop, tell});
  if (mock) mock->keep(tell);
  tell(fmt::format("serving POST {} on {} with {} workers; the LLM is {}{}; Ctrl-C ends it\n",
                   plan.service.path, plan.choice.label, service->facts().workers, llm,
                   plan.llm_url ? "" : ", a mock"));
  if (print_result(service->url() + "\n") != exit_fine) return exit_error;
  const http_service_end end = service->run();
  int code = tell_end(end, plan);
  if (const auto why = mock ? mock->given_up() : std::nullopt) {
    warn(*why + ": name another one with --llm-url");
    code = exit_error;
  }
  if (end.cut_off > 0) {
    std::fflush(nullptr);
    ::_exit(code);  // to end the service would be to wait for them; processes die with this one
  }
  return code;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "serve", "Serve the classic AI service over HTTP: preprocess, ask an LLM, postprocess");
  const auto request = std::make_shared<serve_request>();
  add_flags(command, *request);
  command.callback([request, &exit_code] { exit_code = execute(*request); });
}

}  // namespace regatta
