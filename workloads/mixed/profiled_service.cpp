// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/digest.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/replay/service_model_json.hpp"
#include "harness/statistics/quantile.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

using std::chrono::nanoseconds;

// A prime: epochs begin at multiples of 2^32, and are not to begin with the same item each time.
constexpr std::array<std::size_t, 4> item_counts = {127, 61, 31, 13};
constexpr double most_payload = 64e6;     // bytes of all items
constexpr double most_reference_cpu = 2;  // seconds, to make the reference's answers
constexpr double most_reference_wait = 3;
constexpr double reference_threads = 64;  // see compute_reference()

enum class step_kind : std::uint32_t { compute, hold, upstream, wait };

/// What a request does next. Also the first bytes of what a kernel is given.
struct replay_step {
  step_kind kind = step_kind::compute;
  std::uint32_t answer_bytes = 0;  ///< of a kernel
  std::uint64_t amount = 0;        ///< rounds of compute, nanoseconds of the others
  std::uint64_t token = 0;         ///< what the answer depends on
};

/// An item: header, steps, the first kernel's step once more, and its payload behind it: what a
/// kernel is given lies in one piece.
struct item_header {
  std::uint64_t token = 0;
  std::uint64_t cpu_ns = 0;  ///< that its kernels are to take, all of them
  std::uint32_t steps = 0;
  std::uint32_t answer_bytes = 0;
};

bool is_kernel(step_kind kind) { return kind == step_kind::compute || kind == step_kind::hold; }

// Each round gives the same, and there is one at least: how many there are is this machine's, what
// is answered is not.
std::uint64_t compute(std::uint64_t token, std::uint64_t rounds) {
  std::array<std::uint64_t, 64> words;
  std::generate(words.begin(), words.end(),
                [word = token]() mutable { return word = mix64(word); });
  std::uint64_t sum = 0;
  do {
    sum = token;
    asm volatile("" : "+r"(sum));  // each round is really computed
    for (const std::uint64_t word : words) sum = mix64(sum ^ word);
    interpreter::checkpoint();
  } while (rounds-- > 1);
  return sum;
}

void hold_this_thread(nanoseconds time) {
  const interpreter::released waiting;
  const timespec wanted{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  timespec left = wanted;
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

buffer answer_of(std::uint64_t sum, std::size_t bytes) {
  buffer answer(std::max(bytes, sizeof(sum)));
  std::memcpy(answer.data(), &sum, sizeof(sum));
  for (std::size_t i = sizeof(sum); i < answer.size(); ++i) answer[i] = answer[i % sizeof(sum)];
  return answer;
}

buffer run_kernel_step(bytes_view, bytes_view input) {
  const auto step = read_as<replay_step>(input);
  if (step.kind == step_kind::hold) {
    hold_this_thread(nanoseconds(step.amount));
    return answer_of(mix64(step.token), step.answer_bytes);
  }
  return answer_of(compute(step.token, step.amount), step.answer_bytes);
}

/// Seconds of CPU time that a round takes, of short tries the middle one.
double time_of_a_round() {
  constexpr std::uint64_t rounds = 2'000;
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  std::vector<double> tries;
  for (int i = 0; i < 31; ++i) {
    const double begin = now();
    std::uint64_t sum = compute(static_cast<std::uint64_t>(i), rounds);
    asm volatile("" : "+r"(sum));
    tries.push_back((now() - begin) / rounds);
  }
  return *median(tries);
}

/// What is replayed when nobody names a profile: 0.3 ms of CPU around 5 ms of another server, on
/// average, and a little of every other kind.
service_model example_service(std::uint64_t seed) {
  counter_random random(seed);
  const auto around = [&](std::uint64_t usual) {
    return nanoseconds(usual / 2 + random.below(usual));
  };
  const auto phase = [](phase_kind kind, nanoseconds wall) {
    return request_phase{kind, wall, kind == phase_kind::cpu ? wall : nanoseconds(0), {}};
  };
  request_class answers{"example", 64, 100};
  for (std::uint64_t i = 0; i < answers.count; ++i) {
    request_sample sample{.bytes_in = 512 + random.below(1024),
                          .bytes_out = 256 + random.below(512)};
    sample.phases = {
        phase(phase_kind::cpu, around(200'000)), phase(phase_kind::upstream, around(5'000'000)),
        phase(phase_kind::cpu, around(100'000)), phase(phase_kind::disk, around(40'000)),
        phase(phase_kind::other, around(100'000))};
    for (const request_phase& each : sample.phases) {
      sample.cpu += each.cpu;
      sample.latency += each.wall;
    }
    answers.samples.push_back(std::move(sample));
  }
  return {.source = "an example", .tier = {}, .window = 0.64, .pool = {}, .classes = {answers}};
}

struct scales {
  double cpu = 1;
  double rounds_per_ns = 1;  ///< of the profile's CPU time
  double waits = 1;
  double sleeps = 1;
  double trim_ns = 0;  ///< what a wait takes of itself
};

void append_wait(std::vector<replay_step>& steps, phase_kind kind, nanoseconds wall,
                 const scales& scale) {
  if (wall.count() <= 0) return;
  const bool holds = holds_its_thread(kind);
  const double factor = scale.waits * (kind == phase_kind::sleep ? scale.sleeps : 1);
  const double wanted = factor * static_cast<double>(wall.count()) - (holds ? 0 : scale.trim_ns);
  const step_kind how = holds                          ? step_kind::hold
                        : kind == phase_kind::upstream ? step_kind::upstream
                                                       : step_kind::wait;
  steps.push_back({how, 0, static_cast<std::uint64_t>(std::max(0.0, std::round(wanted))), 0});
}

std::vector<replay_step> steps_of(const request_sample& sample, const scales& scale,
                                  counter_random& random) {
  std::vector<replay_step> steps;
  for (const request_phase& phase : sample.phases) {
    if (phase.cpu.count() > 0) {
      const double rounds = scale.rounds_per_ns * static_cast<double>(phase.cpu.count());
      steps.push_back({step_kind::compute, 0, static_cast<std::uint64_t>(std::round(rounds)), 0});
    }
    if (phase.kind != phase_kind::cpu) {
      append_wait(steps, phase.kind, phase.wall - phase.cpu, scale);
    }
  }
  for (replay_step& step : steps) step.token = random();
  // What is sent is what the last kernel made.
  const auto last = std::find_if(steps.rbegin(), steps.rend(),
                                 [](const replay_step& step) { return is_kernel(step.kind); });
  if (last != steps.rend()) last->answer_bytes = static_cast<std::uint32_t>(sample.bytes_out);
  return steps;
}

buffer item_of(const request_sample& sample, const scales& scale, counter_random random) {
  const auto steps = steps_of(sample, scale, random);
  buffer out;
  const double cpu = scale.cpu * static_cast<double>(sample.cpu.count());
  append(out, item_header{random(), static_cast<std::uint64_t>(std::round(cpu)),
                          static_cast<std::uint32_t>(steps.size()),
                          static_cast<std::uint32_t>(sample.bytes_out)});
  append(out, std::span(steps));
  const auto first = std::find_if(steps.begin(), steps.end(),
                                  [](const replay_step& step) { return is_kernel(step.kind); });
  if (first != steps.end()) append(out, *first);
  const std::size_t size = std::max<std::size_t>(out.size(), sample.bytes_in);
  out.reserve(size);
  while (out.size() < size) out.push_back(static_cast<std::byte>(random()));
  return out;
}

// So few that their payload fits into memory and their answers can be computed in seconds.
std::size_t item_count_for(const service_model& model, double cpu_factor, double wait_factor) {
  const service_demand demand = demand_of(model);
  const double waits = wait_factor * (demand.held + demand.waiting);
  for (const std::size_t count : item_counts) {
    const auto items = static_cast<double>(count);
    if (items * demand.bytes_in <= most_payload &&
        items * cpu_factor * demand.cpu <= most_reference_cpu &&
        items * waits <= reference_threads * most_reference_wait) {
      return count;
    }
  }
  return item_counts.back();
}

/// The requests of a profiled service: what each of them computed, waited for and carried, in that
/// order. CPU time is computed, upstreams are asked over sockets to be as slow as they were, and
/// what held a thread holds one.
class profiled_service {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "profiled-service";
    info.kind = work_kind::mixed;
    info.summary = "requests of a profiled service, replayed (--input PROFILE.json)";
    info.needs = {"upstream"};
    info.in_flight = 16;
    info.takes_input = true;
    // usual, least, most, whole
    info.parameters = {
        {"cpu-factor", "times the CPU time that the requests took", 1, 0, 1000, false},
        {"wait-factor", "times the time that they waited", 1, 0, 1000, false},
        {"sleep-factor", "times the time that they slept, besides", 1, 0, 1000, false},
        {"wait-trim", "microseconds that a replayed wait takes of itself", 0, 0, 1e6, false}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const workload_info info = describe();
    const service_model model =
        options.input ? load_service_model(*options.input) : example_service(options.seed);
    const double cpu_factor = parameter_of(info, options, "cpu-factor");
    scales scale;
    scale.cpu = cpu_factor;
    scale.rounds_per_ns = cpu_factor * 1e-9 / time_of_a_round();
    scale.waits = parameter_of(info, options, "wait-factor");
    scale.sleeps = parameter_of(info, options, "sleep-factor");
    scale.trim_ns = 1e3 * parameter_of(info, options, "wait-trim");
    std::vector<buffer> items;
    const std::size_t count = item_count_for(model, cpu_factor, scale.waits);
    for (const request_sample* sample : draw_samples(model, count, options.seed)) {
      items.push_back(item_of(*sample, scale, counter_random(options.seed, items.size())));
    }
    return pack_parts({items.begin(), items.end()});
  }

  explicit profiled_service(bytes_view dataset) : items_(dataset) {}
  std::uint64_t distinct_items() const { return items_.size(); }
  bytes_view input(std::uint64_t index) const { return items_[index % items_.size()]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const auto header = read_as<item_header>(it.input);
    const bytes_view steps = it.input.subspan(sizeof(header));
    std::uint64_t sum = header.token;
    buffer answer;
    bool first_kernel = true;
    for (std::size_t i = 0; i < header.steps; ++i) {
      const bytes_view bytes = steps.subspan(i * sizeof(replay_step), sizeof(replay_step));
      const auto step = read_as<replay_step>(bytes);
      if (step.kind == step_kind::wait) {
        co_await ctx.sleep(nanoseconds(step.amount));
      } else if (step.kind == step_kind::upstream) {
        const std::string token = std::to_string(step.token);
        http_request ask;
        ask.target = "/wait/" + std::to_string(step.amount) + "/" + token;
        const http_response said = co_await ctx.http("upstream", std::move(ask));
        if (said.status != 200 || said.body != token) {
          throw std::runtime_error("the upstream said something else: " + said.body.substr(0, 80));
        }
        sum = mix64(sum ^ step.token);
      } else {
        const bytes_view given =
            std::exchange(first_kernel, false) ? steps.subspan(header.steps * sizeof(step)) : bytes;
        answer = co_await ctx.compute(run_kernel_step, given);
        sum = mix64(sum ^ read_as<std::uint64_t>(answer));
      }
    }
    ctx.measure(replay_cpu_measure, nanoseconds(header.cpu_ns));
    if (first_kernel) answer = answer_of(sum, header.answer_bytes);
    std::memcpy(answer.data(), &sum, sizeof(sum));
    co_return answer;
  }

 private:
  const dataset_parts items_;
};

const workload_registration<profiled_service> registered;

}  // namespace
}  // namespace regatta
