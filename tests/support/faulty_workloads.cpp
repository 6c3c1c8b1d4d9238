// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "harness/workload.hpp"

// Workloads whose items misbehave, but not for the serial reference, which knows the distinct ones
// only: the fault lies in an item behind them. In the program regatta_faulty only.

namespace regatta {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t distinct = 2;
constexpr std::uint64_t bad_item = 3;
// The runner counts the items of a block from block << 32.
constexpr std::uint64_t block_of(std::uint64_t index) { return index >> 32U; }
constexpr std::uint64_t within_block(std::uint64_t index) { return index & 0xffffffffU; }

void compute_for(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

buffer echo(bytes_view, bytes_view input) {
  compute_for(200us);
  return to_buffer(input);
}
buffer hang(bytes_view, bytes_view) {
  for (;;) std::this_thread::sleep_for(1h);
}
buffer die_of_segfault(bytes_view, bytes_view) {
  ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would end the process in another way
  ::raise(SIGSEGV);
  return {};
}
buffer die_of_kill(bytes_view, bytes_view) {
  ::raise(SIGKILL);
  return {};
}
buffer throw_sentence(bytes_view, bytes_view) {
  throw std::runtime_error("the faulty item threw this sentence");
}
buffer take_long(bytes_view, bytes_view input) {
  std::this_thread::sleep_for(400ms);
  return to_buffer(input);
}

struct hangs {
  static constexpr auto name = "faulty-hang";
  static constexpr auto summary = "the fourth item of every epoch never ends";
  static constexpr kernel bad = hang;
  static bool is_bad(std::uint64_t index) { return within_block(index) == bad_item; }
};
struct crashes {
  static constexpr auto name = "faulty-segfault";
  static constexpr auto summary = "the fourth item of every epoch is a segmentation fault";
  static constexpr kernel bad = die_of_segfault;
  static bool is_bad(std::uint64_t index) { return within_block(index) == bad_item; }
};
struct dies_once {
  static constexpr auto name = "faulty-kill";
  static constexpr auto summary = "one item of the second measured block kills its process";
  static constexpr kernel bad = die_of_kill;
  static bool is_bad(std::uint64_t index) {
    return block_of(index) == 1 && within_block(index) == bad_item;
  }
};
struct throws {
  static constexpr auto name = "faulty-throws";
  static constexpr auto summary = "all items throw, but those of the reference";
  static constexpr kernel bad = throw_sentence;
  static bool is_bad(std::uint64_t index) { return index >= distinct; }
};
struct dawdles {
  static constexpr auto name = "faulty-slow";
  static constexpr auto summary = "items block for 400 ms, but not those of the reference";
  static constexpr kernel bad = take_long;
  static bool is_bad(std::uint64_t index) { return index >= distinct; }
};

template <class Fault>
class faulty {
 public:
  static workload_info describe() {
    return {.name = Fault::name,
            .kind = work_kind::cpu_bound,
            .summary = Fault::summary,
            .needs = {},
            .in_flight = 2};
  }
  static buffer build(const workload_options&) { return buffer(distinct * 16, std::byte{7}); }

  explicit faulty(bytes_view dataset) : dataset_(dataset) {}
  std::uint64_t distinct_items() const { return distinct; }
  bytes_view input(std::uint64_t index) const {
    return dataset_.subspan(index % distinct * 16, 16);
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(Fault::is_bad(it.index) ? Fault::bad : echo, it.input);
  }

 private:
  bytes_view dataset_;
};

const workload_registration<faulty<hangs>> hang_registered;
const workload_registration<faulty<crashes>> crash_registered;
const workload_registration<faulty<dies_once>> kill_registered;
const workload_registration<faulty<throws>> throw_registered;
const workload_registration<faulty<dawdles>> slow_registered;

}  // namespace
}  // namespace regatta
