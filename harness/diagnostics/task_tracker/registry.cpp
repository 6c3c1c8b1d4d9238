// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/registry.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "harness/diagnostics/task_tracker/report.hpp"

namespace regatta::internal {

constinit thread_local tracker_thread this_thread;
constinit std::atomic<unsigned> origin_depth{0};

namespace {

constexpr std::size_t most_records = std::size_t{1} << 22;  // 1 GiB of addresses, not of memory
constexpr std::size_t fewest_records = std::size_t{1} << 12;
constexpr unsigned batch = 64;

void* map_anonymous(std::size_t bytes) {
  void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? nullptr : start;
}

// A page whose name is in /proc/PID/maps. Private, so that a forked child has a registry of its
// own.
void* map_named(std::size_t bytes) {
  const int fd = ::memfd_create(registry_name, MFD_CLOEXEC);
  if (fd < 0) return map_anonymous(bytes);
  void* start = MAP_FAILED;
  if (::ftruncate(fd, static_cast<off_t>(bytes)) == 0) {
    start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  }
  ::close(fd);
  return start == MAP_FAILED ? map_anonymous(bytes) : start;
}

// Never destroyed: tasks may outlive every static object.
struct registry {
  std::mutex mutex;
  registry_header* header = nullptr;
  task_record* records = nullptr;
  task_record* free = nullptr;  // given back by threads
  std::uint64_t next_serial = 1;
  bool is_set_up = false;
  std::vector<std::pair<pid_t, const tracker_thread*>> threads;

  void set_up() {
    is_set_up = true;
    const debug_options& options = debug_options_from_environment();
    if (!options.on) return;
    std::size_t capacity = most_records;
    void* space = nullptr;
    while (space == nullptr && capacity >= fewest_records) {
      space = map_anonymous(capacity * sizeof(task_record));
      if (space == nullptr) capacity /= 2;
    }
    void* const page = space != nullptr ? map_named(sizeof(registry_header)) : nullptr;
    if (page == nullptr) return;
    records = static_cast<task_record*>(space);  // zeros are what a free record is
    header = new (page) registry_header{registry_magic,
                                        registry_version,
                                        sizeof(task_record),
                                        reinterpret_cast<std::uintptr_t>(records),
                                        0,
                                        capacity,
                                        0};
    origin_depth.store(options.origin, std::memory_order_relaxed);
    start_reporting(options);
  }

  // The mutex is held.
  task_record* take() {
    if (free != nullptr) {
      return std::exchange(free, free->next_free.load(std::memory_order_relaxed));
    }
    const std::uint64_t used = header->used.load(std::memory_order_relaxed);
    if (used == header->capacity) return nullptr;
    header->used.store(used + 1, std::memory_order_release);
    return &records[used];
  }

  void put(task_record* record) {
    record->next_free.store(free, std::memory_order_relaxed);
    free = record;
  }
};

registry& shared() {
  static registry& only = *new registry;
  return only;
}

// Registered by a thread's first refill; the thread's words themselves live on until its end.
struct thread_end {
  ~thread_end() {
    this_thread.ended = true;
    give_back(this_thread);
    registry& all = shared();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.threads, [](const auto& entry) { return entry.second == &this_thread; });
  }
};

}  // namespace

bool refill(tracker_thread& thread) noexcept {
  static thread_local thread_end at_end;
  (void)at_end;
  registry& all = shared();
  const std::lock_guard lock(all.mutex);
  if (!all.is_set_up) all.set_up();
  if (all.header == nullptr) return false;
  if (thread.stack_end == 0) find_stack_end(thread);
  if (!std::exchange(thread.listed, true)) all.threads.emplace_back(::gettid(), &thread);
  if (thread.next_serial == thread.last_serial) {
    thread.next_serial = all.next_serial;
    thread.last_serial = all.next_serial += 1024;
  }
  for (unsigned i = 0; i < batch && thread.free_count < batch; ++i) {
    task_record* const record = all.take();
    if (record == nullptr) break;
    record->next_free.store(thread.free, std::memory_order_relaxed);
    thread.free = record;
    ++thread.free_count;
  }
  if (thread.free == nullptr) all.header->untracked.fetch_add(1, std::memory_order_relaxed);
  return thread.free != nullptr;
}

void give_back(tracker_thread& thread) noexcept {
  registry& all = shared();
  const std::lock_guard lock(all.mutex);
  const std::uint32_t kept = thread.ended ? 0 : batch;
  while (thread.free_count > kept) {
    task_record* const record = thread.free;
    thread.free = record->next_free.load(std::memory_order_relaxed);
    --thread.free_count;
    all.put(record);
  }
}

const tracker_thread* tracker_thread_of(pid_t thread) noexcept {
  registry& all = shared();
  const std::lock_guard lock(all.mutex);
  for (const auto& [id, part] : all.threads) {
    if (id == thread) return part;
  }
  return nullptr;
}

const registry_header* own_registry() noexcept {
  registry& all = shared();
  const std::lock_guard lock(all.mutex);
  return all.header;
}

void find_stack_end(tracker_thread& thread) noexcept {
  thread.stack_end = 1;  // no frame is below it: the walk ends at once
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* low = nullptr;
  std::size_t size = 0;
  if (::pthread_attr_getstack(&attributes, &low, &size) == 0) {
    thread.stack_end = reinterpret_cast<std::uintptr_t>(low) + size;
  }
  ::pthread_attr_destroy(&attributes);
}

}  // namespace regatta::internal
