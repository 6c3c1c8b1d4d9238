// SPDX-License-Identifier: Apache-2.0
#include "harness/service/service_health.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace regatta {

using namespace std::chrono_literals;

namespace {

constexpr auto between_questions = 1s;
constexpr auto patience = 2s;

enum class reaction { answered, refused, silent };

async_task<reaction> ask(async_context& context, const std::string& service) {
  const auto step = [&service](async_context& scoped) {
    http_request request;
    request.target = "/healthz";
    return scoped.http(service, std::move(request));
  };
  try {
    const auto response = co_await context.with_timeout(patience, step);
    co_return response ? reaction::answered : reaction::silent;
  } catch (const std::exception&) {
    co_return reaction::refused;
  }
}

}  // namespace

void service_health::answered() {
  silences_ = 0;
  reachable_.store(true, std::memory_order_relaxed);
}

void service_health::refused() { reachable_.store(false, std::memory_order_relaxed); }

void service_health::silent() {
  if (++silences_ >= 2) reachable_.store(false, std::memory_order_relaxed);
}

async_task<void> watch_service(async_context context, std::string service, service_health& health) {
  for (;;) {
    const reaction seen = co_await ask(context, service);
    if (seen == reaction::answered) health.answered();
    if (seen == reaction::refused) health.refused();
    if (seen == reaction::silent) health.silent();
    co_await context.sleep(between_questions);
  }
}

}  // namespace regatta
