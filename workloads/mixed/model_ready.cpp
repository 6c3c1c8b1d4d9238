// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/digest.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 16;
constexpr std::size_t request_size = 200;
constexpr std::size_t layer_size = 1024;
constexpr unsigned unpacking_rounds = 24;  // about 0.1 ms a layer

// An item's input: the seed of its model, then its requests.
enum part { layers_part, first_item };
enum item_part { model_seed_part, first_request };

/// Unpacks a model: layers of weights, of which each depends on the one before.
buffer load_model(bytes_view dataset, bytes_view seed) {
  const auto layers = read_as<std::uint64_t>(dataset_parts(dataset)[layers_part]);
  std::vector<std::uint64_t> weights(layers * layer_size);
  std::uint64_t state = read_as<std::uint64_t>(seed);
  for (std::uint64_t& weight : weights) {
    for (unsigned round = 0; round < unpacking_rounds; ++round) state = mix64(state);
    weight = state;
  }
  return to_buffer(std::as_bytes(std::span<const std::uint64_t>(weights)));
}

/// What the model says to a request: every three letters weigh in each layer.
std::uint64_t infer(std::span<const std::uint64_t> weights, std::string_view request) {
  std::uint64_t said = 0;
  for (std::size_t layer = 0; layer < weights.size(); layer += layer_size) {
    std::uint64_t letters = 0;
    for (const char c : request) {
      letters = ((letters << 8U) | static_cast<unsigned char>(c)) & 0xffffffU;
      said += weights[layer + mix64(letters ^ layer) % layer_size];
    }
  }
  return said;
}

/// Set when it goes out of scope, so that nobody waits for a model whose loading has failed.
template <class Event>
class set_at_end {
 public:
  explicit set_at_end(Event& event) : event_(event) {}
  set_at_end(const set_at_end&) = delete;
  set_at_end& operator=(const set_at_end&) = delete;
  ~set_at_end() { event_.set(); }

 private:
  Event& event_;
};

/// The start of a model server: requests are there before the model is.
class model_ready {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "model-ready";
    info.kind = work_kind::mixed;
    info.summary =
        "16 requests wait for one event, the model's being loaded; then all are answered";
    info.in_flight = 4;
    // usual, least, most
    info.parameters = {
        {"waiters", "requests that wait for a model", 16, 1, 1000},
        {"layers", "of the model, each about 0.1 ms of CPU time to load and 8 KiB", 16, 1, 1000}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto waiters = static_cast<std::size_t>(parameter_of(describe(), options, "waiters"));
    const auto layers = static_cast<std::uint64_t>(parameter_of(describe(), options, "layers"));
    std::vector<buffer> items;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      const std::uint64_t seed = random();
      std::vector<std::string> requests;
      for (std::size_t k = 0; k < waiters; ++k) {
        requests.push_back(generated_text(random, request_size));
      }
      std::vector<bytes_view> parts = {std::as_bytes(std::span(&seed, 1))};
      for (const std::string& request : requests) parts.push_back(as_bytes(request));
      items.push_back(pack_parts(parts));
    }
    std::vector<bytes_view> parts = {std::as_bytes(std::span(&layers, 1))};
    parts.insert(parts.end(), items.begin(), items.end());
    return pack_parts(parts);
  }

  explicit model_ready(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const dataset_parts given(it.input);
    const std::size_t waiters = given.size() - first_request;
    model_server<Context> server;
    // The loader comes last: where nothing is offloaded the others wait all the same.
    const auto branch = [&](std::size_t i) {
      return i < waiters ? answer(ctx, server, as_text(given[first_request + i]))
                         : load(ctx, server, given[model_seed_part]);
    };
    const std::vector<std::uint64_t> said = co_await ctx.gather(waiters + 1, branch);
    co_return to_buffer(std::as_bytes(std::span(said).first(waiters)));
  }

 private:
  template <class Context>
  struct model_server {
    typename Context::event ready;
    buffer model;  // written before `ready` is set, read after; empty: it could not be loaded
  };

  template <class Context>
  static typename Context::template task<std::uint64_t> load(Context& ctx,
                                                             model_server<Context>& server,
                                                             bytes_view seed) {
    const set_at_end always(server.ready);
    server.model = co_await ctx.compute(native(load_model), seed);
    co_return 0;
  }

  template <class Context>
  static typename Context::template task<std::uint64_t> answer(Context& ctx,
                                                               model_server<Context>& server,
                                                               std::string_view request) {
    co_await server.ready.wait(ctx);
    if (server.model.empty()) throw std::runtime_error("there is no model to answer with");
    co_return infer(view_as<std::uint64_t>(server.model), request);
  }

  dataset_parts parts_;
};

const workload_registration<model_ready> registered;

}  // namespace
}  // namespace regatta
