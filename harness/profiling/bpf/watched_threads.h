/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What is known of the threads that are watched and of their loops, kernel side. After libbpf's
 * headers. */
#include "loop_events.h"

/* The few fields that are needed; where they lie in this kernel is found when the program is
 * loaded. */
struct fdtable {
  unsigned int max_fds;
  unsigned long* open_fds;
} __attribute__((preserve_access_index));

struct files_struct {
  struct fdtable* fdt;
} __attribute__((preserve_access_index));

struct task_struct {
  int pid;
  int tgid;
  struct files_struct* files;
} __attribute__((preserve_access_index));

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, sp;
} __attribute__((preserve_access_index));

/* The kernel's verifier looks at such a function once, with any arguments, and not on each way to
 * each of its calls: loading the programs takes a third of the time. */
#define VERIFIED_ONCE __attribute__((noinline))

const volatile __u64 threshold = 100000000;
const volatile __u64 suspicion = 5000000; /* a loop that did not sleep for so long is looked at */
const volatile __u32 follow_children = 0;
volatile __u32 stage = stage_switches;
__u64 target_filter[filter_words]; /* a bit for each process, by the last bits of its number */
__u64 lost_events = 0;             /* no room in the ring */
__u64 lost_threads = 0;            /* no slot left */
__u64 lost_loops = 0;
__u64 lost_processes = 0;
__u32 loop_count = 0;
__u32 used_slots = 0; /* the others follow */

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, most_processes);
  __type(key, __u32);
  __type(value, __u32);
} targets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u32); /* index + 1 in threads */
} slot_index SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_threads);
  __type(key, __u32);
  __type(value, struct thread_slot);
} threads SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, most_threads);
  __type(value, __u32);
} free_slots SEC(".maps"); /* zeroed ones that were used; the last one in is the first one out */

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_loops);
  __type(key, __u32);
  __type(value, struct loop_slot);
} loops SEC(".maps");

struct loop_name {
  __u64 key;
  __u32 kind;
  __u32 process;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, most_loops);
  __type(key, struct loop_name);
  __type(value, __u32);
} loop_index SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} alarms SEC(".maps");

/* Everybody pays for this with each switch: one bit, for nearly all of them. */
static __always_inline int is_target(__u32 process) {
  if (!(target_filter[process / 64 % filter_words] >> (process % 64) & 1)) return 0;
  return bpf_map_lookup_elem(&targets, &process) != 0;
}

static __always_inline int is_ours(void) {
  return is_target((__u32)(bpf_get_current_pid_tgid() >> 32));
}

static __always_inline struct thread_slot* known_slot(struct task_struct* task) {
  const __u32* const index = bpf_task_storage_get(&slot_index, task, 0, 0);
  __u32 at;
  if (!index || *index == 0) return 0;
  at = *index - 1;
  return bpf_map_lookup_elem(&threads, &at);
}

static __always_inline struct thread_slot* own_slot(struct task_struct* task) {
  __u32* const index = bpf_task_storage_get(&slot_index, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  struct thread_slot* slot;
  __u32 at;
  if (!index) return 0;
  if (*index == 0) {
    if (bpf_map_pop_elem(&free_slots, &at)) {
      at = used_slots < most_threads ? __sync_fetch_and_add(&used_slots, 1) : most_threads;
      if (at >= most_threads) {
        __sync_fetch_and_add(&lost_threads, 1);
        return 0;
      }
    }
    slot = bpf_map_lookup_elem(&threads, &at);
    if (!slot) return 0;
    slot->call = no_call;
    slot->mode = mode_cpu;
    slot->changed = bpf_ktime_get_ns();
    slot->process = task->tgid;
    slot->tid = task->pid;
    *index = at + 1;
    return slot;
  }
  at = *index - 1;
  return bpf_map_lookup_elem(&threads, &at);
}

static __always_inline struct loop_slot* loop_of(const struct thread_slot* thread) {
  __u32 at = thread->loop - 1;
  return thread->loop ? bpf_map_lookup_elem(&loops, &at) : 0;
}

static __always_inline void leave_loop(struct thread_slot* thread) {
  struct loop_slot* const loop = loop_of(thread);
  if (loop) __sync_fetch_and_add(&loop->threads, (__u32)-1);
  thread->loop = 0;
  thread->slice_began = 0;
  thread->wait_began = 0;
}

/* Its loop is that one from now on. 0: there are too many. */
VERIFIED_ONCE int join_loop(struct thread_slot* thread, __u32 kind, __u64 key, long call) {
  struct loop_name name = {key, kind, 0};
  struct loop_slot* loop;
  __u32* known;
  __u32 at;
  if (!thread) return 0;
  if (thread->loop && thread->wait_kind == kind && thread->key == key) {
    loop = loop_of(thread);
    if (loop) loop->call = call;
    return loop != 0;
  }
  name.process = thread->process;
  leave_loop(thread);
  known = bpf_map_lookup_elem(&loop_index, &name);
  if (known) {
    at = *known;
  } else {
    at = __sync_fetch_and_add(&loop_count, 1);
    if (at >= most_loops) {
      __sync_fetch_and_add(&lost_loops, 1);
      return 0;
    }
    bpf_map_update_elem(&loop_index, &name, &at, BPF_ANY);
  }
  loop = bpf_map_lookup_elem(&loops, &at);
  if (!loop) return 0;
  loop->key = key;
  loop->kind = kind;
  loop->process = thread->process;
  loop->call = call;
  __sync_fetch_and_add(&loop->threads, 1);
  thread->loop = at + 1;
  thread->wait_kind = kind;
  thread->key = key;
  return 1;
}
