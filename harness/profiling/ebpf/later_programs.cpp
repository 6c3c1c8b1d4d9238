// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/later_programs.hpp"

#include <bpf/libbpf.h>
#include <loop_watch.skel.h>

#include <algorithm>
#include <array>

namespace regatta::profiling {
namespace {

std::array<bpf_program*, 3> later_of(const loop_watch_bpf& programs) {
  return {programs.progs.call_begins, programs.progs.call_ends, programs.progs.ticks};
}

// The maps of both are those of the one file that both are read from, in the same order.
bool share_maps(const loop_watch_bpf& first, const loop_watch_bpf& later) {
  bpf_map* from = nullptr;
  bpf_map* to = nullptr;
  while ((from = bpf_object__next_map(first.obj, from)) != nullptr) {
    to = bpf_object__next_map(later.obj, to);
    if (to == nullptr || bpf_map__reuse_fd(to, bpf_map__fd(from)) != 0) return false;
  }
  return true;
}

}  // namespace

void later_programs::leave_out(loop_watch_bpf& first) {
  for (bpf_program* const program : later_of(first)) bpf_program__set_autoload(program, false);
}

later_programs::later_programs(const loop_watch_bpf& first)
    : thread_([this, &first] { load(first); }) {}

later_programs::~later_programs() {
  thread_ = std::jthread();  // it ends by itself
  loop_watch_bpf__destroy(programs_);
}

void later_programs::load(const loop_watch_bpf& first) {
  programs_ = loop_watch_bpf__open();
  if (programs_ != nullptr) {
    const auto wanted = later_of(*programs_);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, programs_->obj) {
      const bool later = std::find(wanted.begin(), wanted.end(), program) != wanted.end();
      bpf_program__set_autoload(program, later);
    }
    if (share_maps(first, *programs_) && loop_watch_bpf__load(programs_) == 0) {
      loaded_.store(programs_, std::memory_order_release);
    }
  }
  settled_.store(true, std::memory_order_release);
  settled_.notify_all();
}

}  // namespace regatta::profiling
