// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/http_load.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "harness/http_load/internal/client_thread.hpp"
#include "harness/http_load/internal/peer.hpp"
#include "harness/llm/internal/tls_session.hpp"

namespace regatta::http_load {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds head_start = 5ms;  // for the threads to be there when the load begins

void check(const load_plan& plan) {
  if (plan.stages.empty()) throw std::invalid_argument("a load needs a stage");
  if (plan.threads == 0 || plan.connections < plan.threads) {
    throw std::invalid_argument("a load needs a thread, and a connection for each of them");
  }
  for (const load_stage& stage : plan.stages) {
    if (stage.length <= 0ns) throw std::invalid_argument("a stage of a load needs a length");
  }
}

void allow_descriptors(unsigned connections) {
  rlimit limit{};
  const rlim_t wanted = rlim_t{connections} + 64;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw std::runtime_error(fmt::format(
        "{} connections need {} file descriptors, and this process may have {}; raise the limit "
        "(ulimit -Hn {}) or take fewer connections",
        connections, wanted, limit.rlim_max, wanted));
  }
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The threads of a load, from their start to their end.
class crew {
 public:
  crew(std::vector<std::unique_ptr<client_thread>>& clients, shared_load& shared)
      : shared_(shared), running_(clients.size()) {
    for (const auto& client : clients) {
      threads_.emplace_back([this, &client] { run(*client); });
    }
  }
  ~crew() { shared_.stop.store(true, std::memory_order_relaxed); }

  /// true when all have ended.
  bool wait(nanoseconds limit) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, limit, [this] { return running_ == 0; });
  }
  void rethrow() {
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void run(client_thread& client) {
    std::exception_ptr error;
    try {
      client.run();
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (error) {
      error_ = error;
      shared_.stop.store(true, std::memory_order_relaxed);
    }
    if (--running_ == 0) ended_.notify_one();
  }

  shared_load& shared_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

std::vector<std::unique_ptr<client_thread>> connect(shared_load& shared,
                                                    const std::function<bool()>& stop) {
  const load_plan& plan = shared.plan;
  std::vector<std::unique_ptr<client_thread>> clients;
  shared.start = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < plan.threads; ++i) {
    const unsigned more = i < plan.connections % plan.threads ? 1 : 0;
    clients.push_back(
        std::make_unique<client_thread>(shared, i, plan.connections / plan.threads + more));
    clients.back()->connect_all(stop);
  }
  return clients;
}

// How long each measured stage lasted when sending ended at `end`, and what came of it.
std::vector<stage_result> stages_of(const load_plan& plan,
                                    const std::vector<std::unique_ptr<client_thread>>& clients,
                                    nanoseconds end) {
  std::vector<stage_result> stages;
  nanoseconds begin{0};
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const load_stage& planned = plan.stages[i];
    const nanoseconds length = std::min(planned.length, end - begin);
    begin += planned.length;
    if (!planned.measured || length <= 0ns) continue;
    stage_result& stage = stages.emplace_back();
    stage.plan = planned;
    stage.length = length;
    for (const auto& client : clients) stage.tally.merge(client->tallies()[i]);
  }
  return stages;
}

}  // namespace

load_result run_load(const load_plan& plan, const std::vector<service_level>& levels,
                     const client_limits& limits, const load_hooks& hooks) {
  check(plan);
  allow_descriptors(plan.connections);
  load_result result;
  result.plan = plan;
  result.where = read_environment();
  std::optional<shared_load> load;
  std::vector<std::unique_ptr<client_thread>> clients;
  try {
    load.emplace(plan, find_peer(plan.host, plan.port));
    clients = connect(*load, hooks.stop);
  } catch (const std::runtime_error&) {
    if (!hooks.stop()) throw;  // a signal ends what waits
  }
  result.interrupted = hooks.stop();
  if (result.interrupted) return result;
  shared_load& shared = *load;

  nanoseconds planned{0};
  for (const load_stage& stage : plan.stages) planned += stage.length;
  shared.start = std::chrono::steady_clock::now() + head_start;
  {
    crew threads(clients, shared);
    while (!threads.wait(50ms)) {
      const auto passed = std::chrono::steady_clock::now() - shared.start;
      hooks.progress(std::clamp(std::chrono::duration<double>(passed) / planned, 0.0, 1.0));
      if (hooks.stop()) result.interrupted = true;
      if (plan.late_after && shared.late.load(std::memory_order_relaxed) > plan.most_late) {
        result.saturated = true;
      }
      if (result.interrupted || result.saturated) {
        shared.stop.store(true, std::memory_order_relaxed);
      }
    }
    threads.rethrow();
  }
  const auto whole = std::chrono::steady_clock::now() - shared.start;
  result.began = shared.start.time_since_epoch();
  result.seconds = std::chrono::duration<double>(whole).count();

  nanoseconds end{0};
  for (const auto& client : clients) {
    end = std::max(end, client->sent_all() ? client->last_settled() : client->end());
    result.clients.push_back(client->use());
    result.busy.merge(client->busy());
    result.cpu += client->cpu();
    const auto& remembered = client->remembered();
    result.requests.insert(result.requests.end(), remembered.begin(), remembered.end());
    result.forgot = result.forgot || client->forgot();
    if (result.first_failure.empty()) result.first_failure = client->first_failure();
  }
  result.stages = stages_of(plan, clients, end);
  const load_tally total = result.total();
  result.bottleneck = find_bottleneck(result.clients, total.send_lag.quantile(0.99), limits);
  result.levels = judge(levels, total, !result.bottleneck.empty());
  return result;
}

}  // namespace regatta::http_load
