// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/loaded_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <loop_watch.skel.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/ebpf/later_programs.hpp"
#include "harness/profiling/ebpf/load_failures.hpp"
#include "harness/profiling/ebpf/program_meter.hpp"
#include "harness/profiling/ebpf/tracepoint_numbers.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

template <class Value>
class shared_array {
 public:
  shared_array(const bpf_map* map, std::size_t count) : count_(count) {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (count * sizeof(Value) + page - 1) / page * page;
    void* const where =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    if (where == MAP_FAILED) {
      throw tier_unavailable(fmt::format("mapping its counters failed: {}", std::strerror(errno)));
    }
    begin_ = static_cast<Value*>(where);
  }
  ~shared_array() { ::munmap(begin_, size_); }
  shared_array(const shared_array&) = delete;
  shared_array& operator=(const shared_array&) = delete;

  std::span<Value> all() const { return {begin_, count_}; }

 private:
  std::size_t count_, size_;
  Value* begin_;
};

struct skeleton_deleter {
  void operator()(loop_watch_bpf* programs) const { loop_watch_bpf__destroy(programs); }
};
struct ring_deleter {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
struct link_deleter {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

using receiver = std::function<void(const kernel_side::event_head&)>;

int hand_out(void* seen, void* data, std::size_t) {
  const receiver& to = **static_cast<const receiver**>(seen);
  to(*static_cast<const kernel_side::event_head*>(data));
  return 0;
}

using alarm_receiver = std::function<void(const kernel_side::alarm&)>;

int hand_out_alarm(void* seen, void* data, std::size_t) {
  const alarm_receiver& to = **static_cast<const alarm_receiver**>(seen);
  to(*static_cast<const kernel_side::alarm*>(data));
  return 0;
}

nanoseconds tick_of(nanoseconds threshold) {
  return std::clamp<nanoseconds>(threshold / 20, 1ms, 2ms);
}

using program_link = std::unique_ptr<bpf_link, link_deleter>;

// Calls that loops wait by.
constexpr std::array<const char*, 8> wait_calls{"epoll_wait", "epoll_pwait",   "epoll_pwait2",
                                                "poll",       "ppoll",         "select",
                                                "pselect6",   "io_uring_enter"};

}  // namespace

std::optional<kernel_side::thread_slot> read_slot(const kernel_side::thread_slot& shared) {
  const volatile kernel_side::thread_slot& live = shared;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::uint64_t slice = live.slice, changed = live.changed;
    kernel_side::thread_slot copy;
    std::memcpy(&copy, &shared, sizeof(copy));
    if (copy.slice == slice && live.slice == slice && copy.changed == changed &&
        live.changed == changed) {
      return copy;
    }
  }
  return std::nullopt;
}

struct loaded_programs::state {
  nanoseconds tick{};
  const receiver* seen = nullptr;
  const alarm_receiver* alarm_seen = nullptr;
  std::unique_ptr<loop_watch_bpf, skeleton_deleter> programs;
  std::optional<later_programs> later;
  std::unique_ptr<ring_buffer, ring_deleter> ring, alarm_ring;
  std::unique_ptr<shared_array<kernel_side::thread_slot>> threads;
  std::unique_ptr<shared_array<kernel_side::loop_slot>> loops;
  std::map<std::uint32_t, program_link> ticking;
  std::vector<program_link> waits;  // of stage 1
  std::vector<program_link> calls;  // of stage 2
  bool waits_refused = false;       // there is no tracefs, or no tracepoints of system calls
  std::optional<tracepoint_numbers> numbers;

  program_link attach_tracepoint(const bpf_program* program, std::uint64_t number) {
    perf_event_attr wanted{};
    wanted.size = sizeof(wanted);
    wanted.type = PERF_TYPE_TRACEPOINT;
    wanted.config = number;
    // Of any CPU: the program runs on all of them.
    unique_fd event(
        static_cast<int>(::syscall(SYS_perf_event_open, &wanted, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event) return nullptr;
    program_link link(bpf_program__attach_perf_event(program, event.get()));
    if (link) event.release();  // the link owns it
    return link;
  }

  // The ends first: a wait whose begin is seen has an end that is seen.
  bool attach_waits() {
    if (!numbers) numbers.emplace();
    for (const bpf_program* const program :
         {programs->progs.wait_ends, programs->progs.wait_begins}) {
      const char* const edge =
          program == programs->progs.wait_ends ? "syscalls/sys_exit_" : "syscalls/sys_enter_";
      for (const char* const call : wait_calls) {
        const auto number = numbers->of(std::string(edge) + call);
        if (!number) continue;  // an older kernel may not have all of them
        if (auto link = attach_tracepoint(program, *number)) waits.push_back(std::move(link));
      }
    }
    return !waits.empty();
  }

  bool attach_calls() {
    const loop_watch_bpf* const there = later->get();
    if (there == nullptr) return false;
    for (const bpf_program* const program : {there->progs.call_ends, there->progs.call_begins}) {
      program_link link(bpf_program__attach(program));
      if (!link) {
        calls.clear();
        return false;
      }
      calls.push_back(std::move(link));
    }
    return true;
  }

  // To take a tracepoint away the kernel waits until nobody is in it, on any CPU. Meanwhile the
  // next stage may be needed again.
  void detach_waits() {
    if (waits.empty()) return;
    closing = std::jthread();  // the one before has to be over
    closing = std::jthread([this, links = std::exchange(waits, {})]() mutable {
      const nanoseconds began = monotonic_now();
      std::vector<std::jthread> each;
      for (program_link& link : links) each.emplace_back([&link] { link.reset(); });
      each.clear();
      closed_after += monotonic_now() - began;
    });
  }
  std::jthread closing;
  nanoseconds closed_after{};  // by closing
};

loaded_programs::loaded_programs(const loaded_options& options)
    : state_(std::make_unique<state>()) {
  prepare_to_load();
  state_->tick = tick_of(options.threshold);
  state_->programs.reset(loop_watch_bpf__open());
  if (!state_->programs) throw tier_unavailable(load_failure(errno));
  loop_watch_bpf& programs = *state_->programs;
  programs.rodata->threshold = static_cast<unsigned long long>(options.threshold.count());
  programs.rodata->suspicion = static_cast<unsigned long long>(options.suspicion.count());
  programs.rodata->follow_children = options.children ? 1 : 0;
  later_programs::leave_out(programs);
  if (const int error = loop_watch_bpf__load(&programs))
    throw tier_unavailable(load_failure(-error));
  state_->threads = std::make_unique<shared_array<kernel_side::thread_slot>>(
      programs.maps.threads, kernel_side::most_threads);
  state_->loops = std::make_unique<shared_array<kernel_side::loop_slot>>(programs.maps.loops,
                                                                         kernel_side::most_loops);
  state_->ring.reset(
      ring_buffer__new(bpf_map__fd(programs.maps.events), hand_out, &state_->seen, nullptr));
  state_->alarm_ring.reset(ring_buffer__new(bpf_map__fd(programs.maps.alarms), hand_out_alarm,
                                            &state_->alarm_seen, nullptr));
  if (!state_->ring || !state_->alarm_ring) throw tier_unavailable(load_failure(errno));
  if (const int error = loop_watch_bpf__attach(&programs)) {
    throw tier_unavailable(load_failure(-error));
  }
  state_->later.emplace(programs);
  if (options.whole) state_->later->wait();
}

loaded_programs::~loaded_programs() = default;

void loaded_programs::watch(pid_t process) {
  const auto id = static_cast<std::uint32_t>(process);
  bpf_map_update_elem(bpf_map__fd(state_->programs->maps.targets), &id, &id, BPF_ANY);
  // The kernel adds processes to it as well.
  std::atomic_ref(state_->programs->bss->target_filter[id / 64 % kernel_side::filter_words])
      .fetch_or(1ULL << (id % 64), std::memory_order_relaxed);
}

void loaded_programs::forget(pid_t process) {
  const auto id = static_cast<std::uint32_t>(process);
  bpf_map_delete_elem(bpf_map__fd(state_->programs->maps.targets), &id);
}

kernel_side::watch_stage loaded_programs::enter(kernel_side::watch_stage stage) {
  auto& in_force = state_->programs->bss->stage;
  if (stage == kernel_side::stage_waits && state_->waits.empty() && !state_->waits_refused) {
    state_->waits_refused = !state_->attach_waits();
  }
  if (stage == kernel_side::stage_waits && state_->waits.empty()) {
    stage = kernel_side::stage_calls;
    state_->later->wait();
  }
  if (stage == kernel_side::stage_calls && state_->calls.empty() && !state_->attach_calls()) {
    return static_cast<kernel_side::watch_stage>(in_force);
  }
  in_force = stage;
  if (stage < kernel_side::stage_calls) state_->calls.clear();
  if (stage < kernel_side::stage_waits) state_->detach_waits();
  return stage;
}

void loaded_programs::detach() {
  state_->ticking.clear();
  state_->calls.clear();
  state_->detach_waits();
  state_->closing = std::jthread();
  loop_watch_bpf__detach(state_->programs.get());
}

nanoseconds loaded_programs::detaching() const { return state_->closed_after; }

nanoseconds loaded_programs::run_time() const {
  const loop_watch_bpf* const later = state_->later->get();
  return run_time_of(state_->programs->obj) + (later != nullptr ? run_time_of(later->obj) : 0ns);
}

bool loaded_programs::whole() const { return state_->later->settled(); }

bool loaded_programs::tick(pid_t thread, std::uint32_t slot) {
  const loop_watch_bpf* const there = state_->later->get();
  if (there == nullptr) return false;
  perf_event_attr wanted{};
  wanted.size = sizeof(wanted);
  wanted.type = PERF_TYPE_SOFTWARE;
  wanted.config = PERF_COUNT_SW_CPU_CLOCK;
  wanted.sample_period = static_cast<std::uint64_t>(state_->tick.count());
  unique_fd event(static_cast<int>(
      ::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return errno == ESRCH;  // it has ended
  bpf_link* const link = bpf_program__attach_perf_event(there->progs.ticks, event.get());
  if (link == nullptr) return false;
  event.release();  // the link owns it
  state_->ticking[slot].reset(link);
  return true;
}

void loaded_programs::stop_ticking(std::uint32_t slot) { state_->ticking.erase(slot); }

void loaded_programs::events(std::chrono::milliseconds at_most, const receiver& seen) {
  state_->seen = &seen;
  ring_buffer__poll(state_->ring.get(), static_cast<int>(at_most.count()));
  state_->seen = nullptr;
}

void loaded_programs::alarms(std::chrono::milliseconds at_most, const alarm_receiver& seen) {
  state_->alarm_seen = &seen;
  ring_buffer__poll(state_->alarm_ring.get(), static_cast<int>(at_most.count()));
  state_->alarm_seen = nullptr;
}

std::span<const kernel_side::thread_slot> loaded_programs::threads() const {
  return state_->threads->all();
}

std::span<const kernel_side::loop_slot> loaded_programs::loops() const {
  return state_->loops->all().first(
      std::min<std::size_t>(state_->programs->bss->loop_count, kernel_side::most_loops));
}

void loaded_programs::mark_left(std::uint32_t slot, std::uint64_t slice) {
  // The kernel only reads it, whenever.
  std::atomic_ref(state_->threads->all()[slot].left).store(slice, std::memory_order_relaxed);
}

void loaded_programs::free_slot(std::uint32_t slot) {
  stop_ticking(slot);
  state_->threads->all()[slot] = {};
  bpf_map_update_elem(bpf_map__fd(state_->programs->maps.free_slots), nullptr, &slot, 0);
}

loaded_programs::losses loaded_programs::lost() const {
  const auto& counted = *state_->programs->bss;
  return {counted.lost_events, counted.lost_threads, counted.lost_loops, counted.lost_processes};
}

}  // namespace regatta::profiling
