// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/program_meter.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
constexpr nanoseconds part = std::chrono::milliseconds(50);
constexpr nanoseconds pause = std::chrono::milliseconds(950);

}  // namespace

void program_meter::look() {
  const nanoseconds now = monotonic_now();
  if (now < next_) return;
  if (statistics_) {
    stop();
    next_ = now + pause;
    return;
  }
  statistics_ = unique_fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  next_ = now + (statistics_ ? part : pause);
  before_ = run_time_();
  since_ = monotonic_now();
}

void program_meter::stop() {
  if (!statistics_) return;
  measured_for_ += monotonic_now() - since_;
  took_ += run_time_() - before_;
  statistics_ = unique_fd();
}

std::optional<double> program_meter::share() const {
  if (took_ <= nanoseconds(0) || measured_for_ <= nanoseconds(0)) return std::nullopt;
  return static_cast<double>(took_.count()) / static_cast<double>(measured_for_.count());
}

nanoseconds run_time_of(const bpf_object* programs) {
  std::uint64_t time = 0;
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(programs, const_cast<bpf_program*>(program)))) {
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
      time += info.run_time_ns;
    }
  }
  return nanoseconds(static_cast<std::int64_t>(time));
}

}  // namespace regatta::profiling
