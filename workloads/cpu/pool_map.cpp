// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/digest.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 16;
constexpr std::size_t inputs_of_an_item = 200;

// Three in four are small, one in twenty is forty times as long: who deals them out in large chunks
// waits for the one that got the long ones.
struct mapped_input {
  std::uint64_t value = 0;
  std::uint64_t rounds = 0;
};
constexpr std::uint64_t small_rounds = 1000;  // some microseconds

std::uint64_t random_rounds(counter_random& random) {
  const auto drawn = random.below(20);
  return small_rounds * (drawn == 0 ? 40 : drawn < 5 ? 4 : 1);
}

std::uint64_t mapped(mapped_input input) {
  for (; input.rounds > 0; --input.rounds) input.value = mix64(input.value);
  return input.value;
}

buffer map_chunk(bytes_view, bytes_view chunk) {
  buffer answers;
  for (const mapped_input& input : view_as<mapped_input>(chunk)) append(answers, mapped(input));
  return answers;
}

enum part { chunk_part, first_item };

/// pool.map(function, 200 inputs, chunksize): the chunk decides between overhead and idle workers.
class pool_map {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "pool-map";
    info.kind = work_kind::cpu_bound;
    info.summary = "maps a function over 200 inputs of very different length, in chunks";
    info.in_flight = 2;
    // usual, least, most
    info.parameters = {{"chunk", "inputs handed out at a time", 10, 1, inputs_of_an_item}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto chunk = static_cast<std::uint64_t>(parameter_of(describe(), options, "chunk"));
    counter_random random(options.seed);
    std::vector<mapped_input> inputs(item_count * inputs_of_an_item);
    for (mapped_input& input : inputs) {
      input.value = random();
      input.rounds = random_rounds(random);
    }
    std::vector<bytes_view> parts = {std::as_bytes(std::span(&chunk, 1))};
    for (std::size_t i = 0; i < item_count; ++i) {
      parts.push_back(
          std::as_bytes(std::span(inputs).subspan(i * inputs_of_an_item, inputs_of_an_item)));
    }
    return pack_parts(parts);
  }

  explicit pool_map(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const std::size_t size = read_as<std::uint64_t>(parts_[chunk_part]) * sizeof(mapped_input);
    const std::size_t chunks = (it.input.size() + size - 1) / size;
    const auto map_one = [&](std::size_t i) {
      const bytes_view rest = it.input.subspan(i * size);
      return ctx.compute(map_chunk, rest.first(std::min(size, rest.size())));
    };
    const std::vector<buffer> answers = co_await ctx.gather(chunks, map_one);
    buffer all;
    for (const buffer& answer : answers) append(all, std::span<const std::byte>(answer));
    co_return all;
  }

 private:
  dataset_parts parts_;
};

const workload_registration<pool_map> registered;

}  // namespace
}  // namespace regatta
