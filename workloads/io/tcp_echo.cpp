// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t message_count = 16;

class tcp_echo {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "tcp-echo";
    info.kind = work_kind::io_bound;
    info.summary = "a message over a kept TCP connection to a local server, and back";
    info.needs = {"echo"};
    info.in_flight = 64;
    // usual, least, most
    info.parameters = {{"payload", "bytes of a message", 1024, 1, 1048576}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    const std::vector<std::size_t> sizes(message_count, size);
    buffer dataset = allocate_parts(sizes);
    for (std::size_t i = 0; i < message_count; ++i) {
      counter_random random(options.seed, i);
      for (std::byte& each : writable_part<std::byte>(dataset, i)) {
        each = static_cast<std::byte>(random() >> 56U);
      }
    }
    return dataset;
  }

  explicit tcp_echo(bytes_view dataset) : messages_(dataset) {}
  std::uint64_t distinct_items() const { return message_count; }
  bytes_view input(std::uint64_t index) const { return messages_[index % message_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.exchange("echo", it.input, it.input.size());
  }

 private:
  dataset_parts messages_;
};

const workload_registration<tcp_echo> registered;

}  // namespace
}  // namespace regatta
