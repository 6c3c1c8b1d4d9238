// SPDX-License-Identifier: Apache-2.0
#include "harness/service/metrics_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace regatta {
namespace {

// A metric's two lines of description, then its samples.
class metric_writer {
 public:
  void metric(const char* type, const std::string& name, const char* help) {
    name_ = "regatta_serve_" + name;
    fmt::format_to(out(), "# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help, type);
  }
  template <class Value>
  void sample(Value value, const std::string& labels = {}, const char* suffix = "") {
    fmt::format_to(out(), "{}{}{} {}\n", name_, suffix,
                   labels.empty() ? labels : "{" + labels + "}", value);
  }
  template <class Value>
  void gauge(const std::string& name, const char* help, Value value) {
    metric("gauge", name, help);
    sample(value);
  }
  template <class Value>
  void counter(const std::string& name, const char* help, Value value) {
    metric("counter", name + "_total", help);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
  std::string text_;
  std::string name_;
};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void write_requests(metric_writer& to, const service_metrics& metrics, const service_state& now) {
  to.metric("counter", "requests_total", "Requests answered, by what they were for and status.");
  for (std::size_t route = 0; route < service_route_count; ++route) {
    for (unsigned status = 0; status < 600; ++status) {
      const std::int64_t count = metrics.answers[route][status].get();
      // Two series are there from the beginning, so that rates of them can be asked for.
      const bool always = route == 0 && (status == 200 || status == 503);
      if (count == 0 && !always) continue;
      to.sample(count, fmt::format("route=\"{}\",status=\"{}\"",
                                   to_string(static_cast<service_route>(route)), status));
    }
  }
  to.gauge("requests_inside", "Requests admitted: in service or waiting.", now.requests_inside);
  to.gauge("requests_waiting", "Of those inside: not begun yet.", metrics.waiting_for_turn.get());
  to.gauge("requests_inside_limit", "Requests beyond this are shed.", now.most_requests);
  to.metric("counter", "requests_shed_total", "Requests refused with 503, by reason.");
  to.sample(metrics.shed_full.get(), "reason=\"full\"");
  to.sample(metrics.shed_draining.get(), "reason=\"draining\"");
  to.metric("histogram", "request_seconds",
            "From the whole request to its answer, of admitted requests.");
  for (std::size_t i = 0; i < latency_histogram::limits.size(); ++i) {
    to.sample(metrics.latency.within(i), fmt::format("le=\"{}\"", latency_histogram::limits[i]),
              "_bucket");
  }
  // The count is read once: a scrape must not contradict itself.
  const std::int64_t count = metrics.latency.count();
  to.sample(count, "le=\"+Inf\"", "_bucket");
  to.sample(metrics.latency.sum_seconds(), {}, "_sum");
  to.sample(count, {}, "_count");
}

void write_front(metric_writer& to, const front_counts& front) {
  to.gauge("connections", "Connections open.", front.connections.get());
  to.counter("connections", "Connections accepted.", front.accepted.get());
  to.counter("connections_turned_away", "Connections refused with 503 over the limit.",
             front.turned_away.get());
  to.counter("slow_clients", "Connections closed since the client took too long.",
             front.slow_clients.get());
  to.counter("broken_requests", "Requests that are no HTTP, too large or incomplete.",
             front.broken.get());
}

void write_behind(metric_writer& to, const service_metrics& metrics, const service_state& now) {
  to.gauge("llm_in_flight", "Calls of the LLM under way.", metrics.llm.asking.get());
  to.gauge("llm_waiting", "Requests that wait for the semaphore before the LLM.",
           metrics.llm.waiting.get());
  to.metric("counter", "llm_calls_total", "Calls of the LLM that ended, by result.");
  to.sample(metrics.llm.answered.get(), "result=\"ok\"");
  to.sample(metrics.llm.failed.get(), "result=\"failed\"");
  to.gauge("llm_reachable", "1 if the LLM answered when it was last asked.",
           now.llm_reachable ? 1 : 0);
  to.gauge("workers", "Threads or processes that serve, event loops included.", now.facts.workers);
  to.gauge("pool_inside", "Kernels or requests in the pool: waiting for a worker or in one.",
           metrics.pool.inside.get());
  to.counter("workers_lost", "Worker processes that died and were replaced.",
             now.facts.workers_lost);
  to.counter("kernels_retried", "Kernels run again since their worker died.",
             metrics.pool.retried.get());
}

void write_loops(metric_writer& to, const service_state& now) {
  const auto each = [&](const char* type, const char* name, const char* help, auto value) {
    to.metric(type, name, help);
    for (std::size_t i = 0; i < now.loops.size(); ++i) {
      to.sample(value(now.loops[i]), fmt::format("loop=\"{}\"", i + 1));
    }
  };
  each("counter", "loop_iterations_total", "Times the loop asked the kernel for events.",
       [](const loop_health& loop) { return loop.iterations; });
  each("gauge", "loop_ready", "Handlers that wait for their turn.",
       [](const loop_health& loop) { return loop.ready_queue; });
  each("counter", "loop_blocked_stretches_total", "Handlers that ran longer than the threshold.",
       [](const loop_health& loop) { return loop.stretches; });
  each("counter", "loop_blocked_seconds_total", "Sum of their durations.",
       [](const loop_health& loop) { return seconds(loop.blocked); });
  each("gauge", "loop_longest_blocked_seconds", "The longest of them.",
       [](const loop_health& loop) { return seconds(loop.longest); });
  each("gauge", "loop_blocked_now_seconds", "How long the loop has been blocked by now, or 0.",
       [](const loop_health& loop) {
         return seconds(loop.blocked_now.value_or(std::chrono::nanoseconds(0)));
       });
}

}  // namespace

const char* to_string(service_route route) {
  switch (route) {
    case service_route::answer:
      return "answer";
    case service_route::healthz:
      return "healthz";
    case service_route::metrics:
      return "metrics";
    case service_route::none:
      return "none";
  }
  return "none";
}

std::string metrics_text(const service_metrics& metrics, const service_state& now) {
  metric_writer to;
  to.metric("gauge", "info", "Always 1; the label says what serves.");
  to.sample(1, fmt::format("backend=\"{}\"", now.backend));
  to.gauge("draining", "1 while the server ends.", now.draining ? 1 : 0);
  write_requests(to, metrics, now);
  write_front(to, metrics.front);
  write_behind(to, metrics, now);
  write_loops(to, now);
  return to.take();
}

}  // namespace regatta
