// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "harness/digest.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 64;
constexpr std::size_t item_words = 128;
constexpr std::chrono::duration<double> item_time = std::chrono::milliseconds(4);

// The rounds are this machine's: the shares are to be right here. The answers are not: every round
// gives the same.
struct settings {
  std::uint64_t wait_ns = 0;
  std::uint64_t rounds = 1;
};

enum part { settings_part, first_item };

std::uint64_t checksum(std::span<const std::uint64_t> words, std::uint64_t rounds) {
  std::uint64_t sum = 0;
  for (; rounds > 0; --rounds) {
    sum = 0;
    asm volatile("" : "+r"(sum));  // each round is really computed
    for (const std::uint64_t word : words) sum = mix64(sum ^ word);
    interpreter::checkpoint();
  }
  return sum;
}

buffer compute_rounds(bytes_view dataset, bytes_view input) {
  const auto rounds = read_as<settings>(dataset_parts(dataset)[settings_part]).rounds;
  const std::uint64_t sum = checksum(view_as<std::uint64_t>(input), rounds);
  return to_buffer(std::as_bytes(std::span(&sum, 1)));
}

/// Of one round, undisturbed: the fastest of short tries.
std::chrono::duration<double> time_of_a_round(std::span<const std::uint64_t> words) {
  using clock = std::chrono::steady_clock;
  constexpr std::uint64_t rounds = 500;
  auto fastest = clock::duration::max();
  for (int i = 0; i < 30; ++i) {
    const auto begin = clock::now();
    std::uint64_t sum = checksum(words, rounds);
    asm volatile("" : "+r"(sum));
    fastest = std::min(fastest, clock::now() - begin);
  }
  return std::chrono::duration<double>(fastest) / rounds;
}

/// An item that waits for somebody and then computes, in stated shares of the time it takes alone.
class wait_compute {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "wait-compute";
    info.kind = work_kind::mixed;
    info.summary = "waits, then computes: cpu-share of its 4 ms alone is CPU time";
    info.in_flight = 32;
    // usual, least, most, whole
    info.parameters = {
        {"cpu-share", "share of an item's time alone that is CPU time", 0.2, 0.001, 1, false}};
    return info;
  }

  static buffer build(const workload_options& options) {
    std::vector<std::uint64_t> words(item_count * item_words);
    counter_random random(options.seed);
    std::generate(words.begin(), words.end(), random);
    const std::span all(words);

    const double share = parameter_of(describe(), options, "cpu-share");
    const double rounds = share * item_time / time_of_a_round(all.first(item_words));
    const double wait = (1 - share) * std::chrono::duration<double, std::nano>(item_time).count();
    const settings chosen{static_cast<std::uint64_t>(std::llround(wait)),
                          static_cast<std::uint64_t>(std::max(1.0, std::round(rounds)))};
    std::vector<bytes_view> parts = {std::as_bytes(std::span(&chosen, 1))};
    for (std::size_t i = 0; i < item_count; ++i) {
      parts.push_back(std::as_bytes(all.subspan(i * item_words, item_words)));
    }
    return pack_parts(parts);
  }

  explicit wait_compute(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const auto wait = read_as<settings>(parts_[settings_part]).wait_ns;
    if (wait > 0) co_await ctx.sleep(std::chrono::nanoseconds(wait));
    co_return co_await ctx.compute(compute_rounds, it.input);
  }

 private:
  dataset_parts parts_;
};

const workload_registration<wait_compute> registered;

}  // namespace
}  // namespace regatta
