// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/loaded_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <loop_watch.skel.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <map>
#include <string>

#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/loop_watch.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// libbpf tells what went wrong to a function of the whole process.
thread_local std::string last_warning;

int note_warning(libbpf_print_level level, const char* format, std::va_list arguments) {
  if (level != LIBBPF_WARN || !last_warning.empty()) return 0;  // the first one is the cause
  char line[512];
  std::vsnprintf(line, sizeof(line), format, arguments);
  last_warning = line;
  while (last_warning.ends_with('\n')) last_warning.pop_back();
  if (last_warning.starts_with("libbpf: ")) last_warning.erase(0, 8);
  return 0;
}

// PROC_PID_INIT_INO of the kernel's proc_ns.h.
bool in_first_pid_namespace() {
  struct stat found {};
  return ::stat("/proc/self/ns/pid", &found) == 0 && found.st_ino == 0xEFFFFFFC;
}

std::string reason_of(int error) {
  if (error == EPERM || error == EACCES) {
    return "the kernel refuses it: it needs root, or CAP_BPF with CAP_PERFMON";
  }
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return "this kernel has no BTF (/sys/kernel/btf/vmlinux)";
  }
  return last_warning.empty() ? std::strerror(error) : last_warning;
}

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

nanoseconds tick_of(nanoseconds threshold) {
  return std::clamp<nanoseconds>(threshold / 10, 1ms, 10ms);
}

}  // namespace

struct loaded_programs::state {
  nanoseconds tick{};
  const receiver* seen = nullptr;
  std::unique_ptr<loop_watch_bpf, skeleton_deleter> programs;
  std::unique_ptr<ring_buffer, ring_deleter> ring;
  std::unique_ptr<shared_array<kernel_side::thread_slot>> threads;
  std::unique_ptr<shared_array<kernel_side::loop_slot>> loops;
  std::map<std::uint32_t, std::unique_ptr<bpf_link, link_deleter>> ticking;
};

loaded_programs::loaded_programs(nanoseconds threshold) : state_(std::make_unique<state>()) {
  if (!in_first_pid_namespace()) {
    throw tier_unavailable("this is a PID namespace of its own, where eBPF sees other process ids");
  }
  libbpf_set_print(note_warning);
  last_warning.clear();
  state_->tick = tick_of(threshold);
  state_->programs.reset(loop_watch_bpf__open());
  if (!state_->programs) throw tier_unavailable(reason_of(errno));
  loop_watch_bpf& programs = *state_->programs;
  programs.rodata->threshold = static_cast<unsigned long long>(threshold.count());
  if (const int error = loop_watch_bpf__load(&programs)) throw tier_unavailable(reason_of(-error));
  state_->threads = std::make_unique<shared_array<kernel_side::thread_slot>>(
      programs.maps.threads, kernel_side::most_threads);
  state_->loops = std::make_unique<shared_array<kernel_side::loop_slot>>(programs.maps.loops,
                                                                         kernel_side::most_loops);
  // The last one in is the first one out: the slots in use stay close together.
  for (std::uint32_t slot = kernel_side::most_threads; slot-- > 0;) {
    bpf_map_update_elem(bpf_map__fd(programs.maps.free_slots), nullptr, &slot, 0);
  }
  state_->ring.reset(
      ring_buffer__new(bpf_map__fd(programs.maps.events), hand_out, &state_->seen, nullptr));
  if (!state_->ring) throw tier_unavailable(reason_of(errno));
  if (const int error = loop_watch_bpf__attach(&programs)) {
    throw tier_unavailable(reason_of(-error));
  }
}

loaded_programs::~loaded_programs() = default;

void loaded_programs::watch(pid_t process) {
  state_->programs->bss->target = static_cast<std::uint32_t>(process);
}

void loaded_programs::detach() {
  state_->ticking.clear();
  loop_watch_bpf__detach(state_->programs.get());
}

bool loaded_programs::tick(pid_t thread, std::uint32_t slot) {
  perf_event_attr wanted{};
  wanted.size = sizeof(wanted);
  wanted.type = PERF_TYPE_SOFTWARE;
  wanted.config = PERF_COUNT_SW_CPU_CLOCK;
  wanted.sample_period = static_cast<std::uint64_t>(state_->tick.count());
  unique_fd event(static_cast<int>(
      ::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return errno == ESRCH;  // it has ended
  bpf_link* const link = bpf_program__attach_perf_event(state_->programs->progs.ticks, event.get());
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

std::span<const kernel_side::thread_slot> loaded_programs::threads() const {
  return state_->threads->all();
}

std::span<const kernel_side::loop_slot> loaded_programs::loops() const {
  return state_->loops->all().first(
      std::min<std::size_t>(state_->programs->bss->loop_count, kernel_side::most_loops));
}

void loaded_programs::free_slot(std::uint32_t slot) {
  stop_ticking(slot);
  state_->threads->all()[slot] = {};
  bpf_map_update_elem(bpf_map__fd(state_->programs->maps.free_slots), nullptr, &slot, 0);
}

loaded_programs::losses loaded_programs::lost() const {
  const auto& counted = *state_->programs->bss;
  return {counted.lost_events, counted.lost_threads, counted.lost_loops};
}

}  // namespace regatta::profiling
