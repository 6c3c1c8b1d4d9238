// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include "harness/interpreter/interpreter.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 32;
constexpr std::size_t row_count = 2048;
constexpr std::size_t features = 128;
constexpr std::size_t batch_rows = 256;

using row = std::array<float, features>;

enum part { rows_part, targets_part, steps_part, first_item };

// What goes from step to step: all that a trainer's variables hold.
struct training {
  std::uint64_t random = 0;  ///< state of the shuffle
  std::uint64_t step = 0;
  double rate = 0;
  double loss = 0;  ///< of the last batch
  double smoothed_loss = 0;
  std::array<std::uint32_t, batch_rows> batch;
  row weights;
};

training read_training(bytes_view bytes) { return read_as<training>(bytes); }
buffer bytes_of(const training& state) { return to_buffer(std::as_bytes(std::span(&state, 1))); }

// Between two steps, in Python: the schedule, the log's figures, which rows come next.
buffer prepare_step(bytes_view, bytes_view bytes) {
  training state = read_training(bytes);
  state.smoothed_loss = 0.9 * state.smoothed_loss + 0.1 * state.loss;
  state.rate = 0.01 / std::sqrt(1.0 + static_cast<double>(state.step));
  for (std::uint32_t& each : state.batch) {
    interpreter::checkpoint();
    state.random = mix64(state.random);
    each = static_cast<std::uint32_t>(state.random % row_count);
  }
  ++state.step;
  return bytes_of(state);
}

// One step of gradient descent on the squared error, as a library would do it.
buffer descend(bytes_view dataset, bytes_view bytes) {
  training state = read_training(bytes);
  const dataset_parts parts(dataset);
  const auto rows = view_as<row>(parts[rows_part]);
  const auto targets = view_as<float>(parts[targets_part]);
  row gradient{};
  float loss = 0;
  for (const std::uint32_t at : state.batch) {
    const row& x = rows[at];
    // Eight sums in a fixed order: vectorised, and the same everywhere.
    std::array<float, 8> sums{};
    for (std::size_t i = 0; i < features; i += sums.size()) {
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += x[i + k] * state.weights[i + k];
    }
    const float error = std::accumulate(sums.begin(), sums.end(), 0.0F) - targets[at];
    loss += error * error;
    for (std::size_t i = 0; i < features; ++i) gradient[i] += error * x[i];
  }
  state.loss = loss / static_cast<float>(batch_rows);
  const auto scale = static_cast<float>(2 * state.rate / batch_rows);
  for (std::size_t i = 0; i < features; ++i) state.weights[i] -= scale * gradient[i];
  return bytes_of(state);
}

float unit(counter_random& random) {
  return static_cast<float>(static_cast<std::int64_t>(random.below(65536)) - 32768) / 32768.0F;
}

/// An interpreted loop around native kernels: most of the time is the kernels', every step needs
/// the interpreter.
class train_loop {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "train-loop";
    info.kind = work_kind::cpu_bound;
    info.summary = "gradient descent: a Python-like loop around native kernels";
    // usual, least, most
    info.parameters = {{"steps", "steps of an item", 32, 1, 10'000}};
    return info;
  }

  static buffer build(const workload_options& options) {
    std::vector<std::size_t> sizes = {row_count * sizeof(row), row_count * sizeof(float),
                                      sizeof(std::uint64_t)};
    sizes.insert(sizes.end(), item_count, sizeof(std::uint64_t));
    buffer dataset = allocate_parts(sizes);
    counter_random random(options.seed);
    row truth;
    for (float& each : truth) each = unit(random);
    const auto targets = writable_part<float>(dataset, targets_part);
    std::size_t at = 0;
    for (row& x : writable_part<row>(dataset, rows_part)) {
      float target = 0.1F * unit(random);
      for (std::size_t i = 0; i < features; ++i) {
        x[i] = unit(random);
        target += truth[i] * x[i];
      }
      targets[at++] = target;
    }
    writable_part<std::uint64_t>(dataset, steps_part)[0] =
        static_cast<std::uint64_t>(parameter_of(describe(), options, "steps"));
    for (std::size_t i = 0; i < item_count; ++i) {
      writable_part<std::uint64_t>(dataset, first_item + i)[0] = random();
    }
    return dataset;
  }

  explicit train_loop(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    training state{};
    state.random = read_as<std::uint64_t>(it.input);
    buffer bytes = bytes_of(state);
    const auto steps = read_as<std::uint64_t>(parts_[steps_part]);
    for (std::uint64_t step = 0; step < steps; ++step) {
      bytes = co_await ctx.compute(prepare_step, bytes);
      bytes = co_await ctx.compute(native(descend), bytes);
    }
    co_return bytes;
  }

 private:
  dataset_parts parts_;
};

const workload_registration<train_loop> registered;

}  // namespace
}  // namespace regatta
