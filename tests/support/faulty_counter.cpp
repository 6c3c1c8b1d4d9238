// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdint>

#include "harness/workload.hpp"

// A workload whose branches count without care: all read, then all write. In the blocking colour it
// is the race of threads, in the asynchronous one that of coroutines which await in between. But
// not for the serial reference, which knows the distinct items only. In regatta_faulty only.

namespace regatta {
namespace {

constexpr std::uint64_t distinct = 2;
constexpr std::size_t branches = 4;

class careless_counter {
 public:
  static workload_info describe() {
    return {.name = "faulty-counter",
            .kind = work_kind::mixed,
            .summary = "counts its branches, but loses some in items behind the distinct ones",
            .needs = {},
            .in_flight = 2};
  }
  static buffer build(const workload_options&) { return buffer(distinct, std::byte{1}); }

  explicit careless_counter(bytes_view dataset) : dataset_(dataset) {}
  std::uint64_t distinct_items() const { return distinct; }
  bytes_view input(std::uint64_t index) const { return dataset_.subspan(index % distinct, 1); }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    shared<Context> state;
    const auto branch = [&, careless = it.index >= distinct](std::size_t) {
      return careless ? count_carelessly(ctx, state) : count(state);
    };
    (void)co_await ctx.gather(branches, branch);
    buffer answer;
    append(answer, state.counted.load());
    co_return answer;
  }

 private:
  template <class Context>
  struct shared {
    std::atomic<std::uint64_t> counted{0};
    std::atomic<std::size_t> have_read{0};
    typename Context::event all_have_read;
  };

  template <class Context>
  static typename Context::template task<int> count(shared<Context>& state) {
    ++state.counted;
    co_return 0;
  }

  template <class Context>
  static typename Context::template task<int> count_carelessly(Context& ctx,
                                                               shared<Context>& state) {
    const std::uint64_t seen = state.counted;
    if (++state.have_read == branches) {
      state.all_have_read.set();
    } else {
      co_await state.all_have_read.wait(ctx);
    }
    state.counted = seen + 1;
    co_return 0;
  }

  bytes_view dataset_;
};

const workload_registration<careless_counter> registered;

}  // namespace
}  // namespace regatta
