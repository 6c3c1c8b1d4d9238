// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/request_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <request_watch.skel.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "harness/profiling/ebpf/load_failures.hpp"
#include "harness/profiling/ebpf/program_meter.hpp"
#include "harness/profiling/loop_watch.hpp"

namespace regatta::profiling {
namespace {

using namespace kernel_side;

// What the kernel must be able to tell; all of these came with or before Linux 6.3.
std::string why_refused(int error) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
  if (!types) return load_failure(error);
  for (const char* const needed : {"sock_recv_length", "sock_send_length", "sk_data_ready"}) {
    const std::string name = std::string("btf_trace_") + needed;
    if (btf__find_by_name_kind(types.get(), name.c_str(), BTF_KIND_TYPEDEF) < 0) {
      return fmt::format("this kernel has no tracepoint {}; Linux 6.3 and newer have", needed);
    }
  }
  return load_failure(error);
}

template <class Value>
class shared_values {
 public:
  shared_values(const bpf_map* map, std::size_t count) : count_(count) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (count * sizeof(Value) + page - 1) / page * page;
    void* const where = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
    if (where == MAP_FAILED) {
      throw tier_unavailable(fmt::format("mapping its counters failed: {}", std::strerror(errno)));
    }
    begin_ = static_cast<const Value*>(where);
  }
  ~shared_values() { ::munmap(const_cast<Value*>(begin_), size_); }
  shared_values(const shared_values&) = delete;
  shared_values& operator=(const shared_values&) = delete;

  std::span<const Value> all() const { return {begin_, count_}; }

 private:
  std::size_t count_, size_;
  const Value* begin_;
};

struct programs_deleter {
  void operator()(request_watch_bpf* programs) const { request_watch_bpf__destroy(programs); }
};
struct ring_deleter {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

using receiver = std::function<void(const std::uint32_t*)>;

int hand_out(void* seen, void* data, std::size_t) {
  (**static_cast<const receiver**>(seen))(static_cast<const std::uint32_t*>(data));
  return 0;
}

void set_ports(std::span<unsigned long long> bits, const std::set<std::uint16_t>& ports) {
  for (const std::uint16_t port : ports) bits[port / 64] |= 1ULL << (port % 64);
}

}  // namespace

struct request_programs::state {
  const receiver* seen = nullptr;
  std::unique_ptr<request_watch_bpf, programs_deleter> programs;
  std::unique_ptr<ring_buffer, ring_deleter> ring;
  std::unique_ptr<shared_values<worker_slot>> workers;
  std::unique_ptr<shared_values<request_slot>> requests;
  std::unique_ptr<shared_values<call_slot>> calls;
};

request_programs::request_programs() : state_(std::make_unique<state>()) {
  prepare_to_load();
  state_->programs.reset(request_watch_bpf__open_and_load());
  if (!state_->programs) throw tier_unavailable(why_refused(errno));
  const auto& maps = state_->programs->maps;
  state_->workers = std::make_unique<shared_values<worker_slot>>(maps.workers, most_workers);
  state_->requests = std::make_unique<shared_values<request_slot>>(maps.requests, most_requests);
  state_->calls = std::make_unique<shared_values<call_slot>>(maps.calls, most_calls);
  state_->ring.reset(ring_buffer__new(bpf_map__fd(maps.events), hand_out, &state_->seen, nullptr));
  if (!state_->ring) throw tier_unavailable(load_failure(errno));
  if (const int error = request_watch_bpf__attach(state_->programs.get())) {
    throw tier_unavailable(load_failure(-error));
  }
}

request_programs::~request_programs() = default;

void request_programs::watch(pid_t process, const std::set<pid_t>& children,
                             const std::set<std::uint16_t>& served,
                             const std::set<std::uint16_t>& others) {
  auto& shared = *state_->programs->bss;
  set_ports(shared.served_ports, served);
  set_ports(shared.other_ports, others);
  for (const pid_t child : children) {
    const auto key = static_cast<std::uint32_t>(child);
    const std::uint8_t one = 1;
    if (bpf_map_update_elem(bpf_map__fd(state_->programs->maps.processes), &key, &one, 0) == 0) {
      shared.process_count += 1;
    }
  }
  shared.target = static_cast<std::uint32_t>(process);
}

void request_programs::follow(following which) {
  // The kernel reads it whenever, and sets it to all when the service begins to ask others.
  std::atomic_ref(state_->programs->bss->following).store(which, std::memory_order_relaxed);
}

bool request_programs::calls_others() const { return state_->programs->bss->used_calls != 0; }

void request_programs::detach() { request_watch_bpf__detach(state_->programs.get()); }

void request_programs::events(const receiver& seen) {
  state_->seen = &seen;
  ring_buffer__consume(state_->ring.get());
  state_->seen = nullptr;
}

std::span<const worker_slot> request_programs::workers() const {
  const std::uint32_t used = state_->programs->bss->used_workers;
  return state_->workers->all().first(std::min<std::size_t>(used, most_workers));
}
std::span<const request_slot> request_programs::requests() const { return state_->requests->all(); }
std::span<const call_slot> request_programs::calls() const { return state_->calls->all(); }

std::map<std::uint32_t, peer_address> request_programs::peers() const {
  std::map<std::uint32_t, peer_address> found;
  const int map = bpf_map__fd(state_->programs->maps.peers);
  peer_address key{}, next{};
  for (const peer_address* from = nullptr; bpf_map_get_next_key(map, from, &next) == 0;
       key = next, from = &key) {
    std::uint32_t number = 0;
    if (bpf_map_lookup_elem(map, &next, &number) == 0) found[number] = next;
  }
  return found;
}

std::chrono::nanoseconds request_programs::run_time() const {
  return run_time_of(state_->programs->obj);
}

request_programs::counts request_programs::counted() const {
  const auto& shared = *state_->programs->bss;
  return {.lost_events = shared.lost_events,
          .lost_workers = shared.lost_workers,
          .lost_connections = shared.lost_connections,
          .begun_before = shared.begun_before,
          .aborted = shared.aborted,
          .unread_names = shared.unread_names,
          .ended_cpu = shared.ended_cpu,
          .ended_unowned_cpu = shared.ended_unowned_cpu,
          .ended_run_queue = shared.ended_run_queue,
          .ended_counted_cpu = shared.ended_counted_cpu,
          .ended_counted = shared.ended_counted};
}

}  // namespace regatta::profiling
