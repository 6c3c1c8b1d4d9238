// SPDX-License-Identifier: Apache-2.0
#include "harness/service/http_service.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

#include "harness/load/serve_items.hpp"
#include "harness/service/admission.hpp"
#include "harness/service/framed_answer.hpp"
#include "harness/service/metrics_text.hpp"
#include "harness/service/service_health.hpp"
#include "harness/service/turns.hpp"
#include "harness/service/watched_loops.hpp"

namespace regatta {

using namespace std::chrono_literals;

namespace {

constexpr auto between_looks_for_the_end = 20ms;
constexpr auto between_looks_for_the_last_answer = 2ms;

std::vector<std::unique_ptr<event_loop>> make_loops(unsigned count) {
  std::vector<std::unique_ptr<event_loop>> loops;
  for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_unique<event_loop>());
  return loops;
}

std::vector<event_loop*> pointers_to(const std::vector<std::unique_ptr<event_loop>>& loops) {
  std::vector<event_loop*> all;
  for (const auto& loop : loops) all.push_back(loop.get());
  return all;
}

std::unique_ptr<request_engine> started(const request_engine_setup& setup) {
  auto made = start_request_engine(setup);
  if (const auto* missing = std::get_if<unavailable>(&made)) {
    throw std::runtime_error(
        fmt::format("backend {} cannot serve: {}", setup.name, missing->reason));
  }
  return std::get<std::unique_ptr<request_engine>>(std::move(made));
}

class admitted {
 public:
  explicit admitted(admission& gate) : gate_(gate) {}
  ~admitted() { gate_.leave(); }
  admitted(const admitted&) = delete;
  admitted& operator=(const admitted&) = delete;

 private:
  admission& gate_;
};

class turn {
 public:
  explicit turn(turns& line) : line_(line) {}
  ~turn() { line_.give_back(); }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

 private:
  turns& line_;
};

}  // namespace

struct http_service::state {
  state(const http_service_options& given, const backend_setup& setup, service_metrics& counts,
        http_service_hooks outside)
      : options(given),
        hooks(std::move(outside)),
        metrics(counts),
        gate(given.most_requests),
        environment(environment_of(setup)),
        loops(make_loops(loops_of(given.backend, setup.cpus))),
        all_loops(pointers_to(loops)),
        front(all_loops, given.front, counts.front,
              [this](std::size_t loop, const front_request& request) {
                return serve(loop, request);
              }),
        engine(started({.backend = setup,
                        .name = given.backend,
                        .loops = all_loops,
                        .counts = counts.pool,
                        .workers = given.workers,
                        .calls = given.calls})),
        workers_at_first(engine->facts().workers),
        line(all_loops, environment, engine->width(), given.request_timeout,
             counts.waiting_for_turn),
        watch(all_loops, given.blocked_over, hooks.tell) {}

  // --- what is asked

  async_task<front_answer> serve(std::size_t loop, const front_request& request) {
    service_route route = service_route::none;
    front_answer answer;
    if (request.path == options.path) {
      route = service_route::answer;
      if (request.method == "POST") {
        answer = co_await admit(loop, request);
      } else {
        answer = wrong_method("POST");
      }
    } else if (request.path == "/healthz") {
      route = service_route::healthz;
      answer = is_read(request) ? health() : wrong_method("GET, HEAD");
    } else if (request.path == "/metrics") {
      route = service_route::metrics;
      answer = is_read(request) ? metrics_page() : wrong_method("GET, HEAD");
    } else {
      answer = error_answer(404, fmt::format("there is no '{}' here; there are POST {}, "
                                             "GET /healthz and GET /metrics",
                                             request.path, options.path));
    }
    if (gate.draining()) answer.close = true;
    metrics.count_answer(route, answer.status);
    co_return answer;
  }

  static bool is_read(const front_request& request) {
    return request.method == "GET" || request.method == "HEAD";
  }

  static front_answer wrong_method(const std::string& allowed) {
    front_answer answer = error_answer(405, "this takes " + allowed);
    answer.allow = allowed;
    return answer;
  }

  async_task<front_answer> admit(std::size_t loop, const front_request& request) {
    const admission::verdict verdict = gate.enter();
    if (verdict != admission::verdict::admitted) co_return shed(verdict);
    const admitted inside(gate);
    const auto began = steady_clock::now();
    front_answer answer;
    try {
      const bool its_turn = co_await line.take(loop);
      if (!its_turn) co_return error_answer(504, "overloaded: it was not begun in time");
      const turn held(line);
      const buffer bytes = co_await engine->answer(loop, as_bytes(request.body));
      const framed_answer framed = unframe_answer(bytes);
      answer.status = framed.status;
      answer.body = framed.body;
    } catch (const std::exception& error) {
      answer = error_answer(500, error.what());
    }
    if (answer.status == 503) answer.retry_after = retry_after();
    metrics.latency.add(steady_clock::now() - began);
    co_return answer;
  }

  front_answer shed(admission::verdict why) {
    const bool full = why == admission::verdict::full;
    (full ? metrics.shed_full : metrics.shed_draining).add();
    front_answer answer = error_answer(
        503, full
                 ? fmt::format("overloaded: {} requests are in service or waiting; try again later",
                               gate.most())
                 : std::string("this server is ending; ask another one"));
    answer.retry_after = retry_after();
    return answer;
  }

  unsigned retry_after() const {
    const std::int64_t count = metrics.latency.count();
    return retry_after_seconds(
        count == 0 ? 0 : metrics.latency.sum_seconds() / static_cast<double>(count));
  }

  front_answer health() const {
    if (gate.draining()) return error_answer(503, "draining: this server is ending");
    if (!llm.reachable()) {
      return error_answer(503, "the LLM at " + environment.endpoint("llm") + " cannot be reached");
    }
    if (workers_at_first > loops.size() && engine->facts().workers <= loops.size()) {
      return error_answer(503, "no worker is left, and none could be started");
    }
    return {.body = "{\"status\":\"ok\"}\n"};
  }

  front_answer metrics_page() const {
    const service_state now{.backend = options.backend,
                            .most_requests = gate.most(),
                            .requests_inside = gate.inside(),
                            .draining = gate.draining(),
                            .llm_reachable = llm.reachable(),
                            .facts = engine->facts(),
                            .loops = watch.health()};
    return {.body = metrics_text(metrics, now), .content_type = metrics_content_type};
  }

  // --- from beginning to end

  async_task<void> keep_watch() {
    event_loop& loop = *all_loops.front();
    while (!hooks.stop()) {
      co_await sleep_until(loop, steady_clock::now() + between_looks_for_the_end);
    }
    gate.drain();
    hooks.tell(
        fmt::format("ending: {} requests are still to be answered; a second signal ends it "
                    "at once\n",
                    gate.inside()));
    const deadline limit = earlier_deadline(no_deadline, options.drain_limit);
    while (metrics.front.busy.get() > 0 && steady_clock::now() < limit) {
      co_await sleep_until(loop, steady_clock::now() + between_looks_for_the_last_answer);
    }
    cut_off = static_cast<std::int64_t>(gate.inside());
    stop_loops();
  }

  // Posted, so that a loop that is only about to run does not miss it.
  void stop_loops() {
    for (event_loop* const each : all_loops) {
      boost::asio::post(each->io(), [each] { each->io().stop(); });
    }
  }

  void run_loops() {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < all_loops.size(); ++i) {
      others.emplace_back([&loop = *all_loops[i]] { loop.run(); });
    }
    all_loops.front()->run();
  }

  http_service_end run() {
    event_loop& first = *all_loops.front();
    front.start();
    first.start(watch_service(async_context(line.runtime(0)), "llm", llm));
    first.start(keep_watch());
    // A loop without connections has nothing to do yet, and must not end for that.
    for (std::size_t i = 1; i < all_loops.size(); ++i) all_loops[i]->start(stay(*all_loops[i]));
    run_loops();
    const auto answered = metrics.latency.count();
    return {.requests = answered,
            .shed = metrics.shed_full.get() + metrics.shed_draining.get(),
            .cut_off = cut_off,
            .workers_lost = engine->facts().workers_lost,
            .blocked = watch.sum_up(static_cast<std::uint64_t>(answered))};
  }

  static async_task<void> stay(event_loop& loop) {
    for (;;) co_await sleep_until(loop, steady_clock::now() + 1h);
  }

  async_task<void> see_them_out() {
    event_loop& loop = *all_loops.front();
    while (gate.inside() > 0) {
      co_await sleep_until(loop, steady_clock::now() + between_looks_for_the_last_answer);
    }
    const deadline limit = earlier_deadline(no_deadline, options.front.client_timeout);
    while (metrics.front.busy.get() > 0 && steady_clock::now() < limit) {
      co_await sleep_until(loop, steady_clock::now() + between_looks_for_the_last_answer);
    }
    stop_loops();
  }

  // A request that is cut off uses the engine and the line, which end before the loops and its
  // frame there do.
  ~state() {
    if (gate.inside() == 0) return;
    gate.drain();
    all_loops.front()->start(see_them_out());
    try {
      run_loops();
    } catch (const std::exception&) {
      // What escaped was a connection's; by now all requests are out.
    }
  }

  const http_service_options options;
  const http_service_hooks hooks;
  service_metrics& metrics;
  admission gate;
  service_health llm;
  const run_environment environment;
  std::int64_t cut_off = 0;
  std::vector<std::unique_ptr<event_loop>> loops;
  const std::vector<event_loop*> all_loops;
  http_front front;
  std::unique_ptr<request_engine> engine;
  const unsigned workers_at_first;
  turns line;
  watched_loops watch;  ///< its threads come last and go first
};

http_service::http_service(const http_service_options& options, const backend_setup& setup,
                           service_metrics& metrics, http_service_hooks hooks)
    : state_(std::make_unique<state>(options, setup, metrics, std::move(hooks))) {}

http_service::~http_service() = default;

std::string http_service::url() const {
  const std::string& address = state_->options.front.address;
  const bool ipv6 = address.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", ipv6 ? "[" + address + "]" : address, state_->front.port());
}

backend_facts http_service::facts() const { return state_->engine->facts(); }

http_service_end http_service::run() { return state_->run(); }

}  // namespace regatta
