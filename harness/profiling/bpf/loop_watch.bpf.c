/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Watches the threads of one process from inside the kernel. What belongs to others leaves after
 * one comparison. Nothing is pinned: all of it goes with the profiler's descriptors.
 */
// clang-format off
#include <linux/bpf.h>  /* before libbpf's, which use its types */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
// clang-format on

#include "loop_events.h"

/* The few fields that are needed; where they lie in this kernel is found when the program is
 * loaded. */
struct task_struct {
  int pid;
  int tgid;
} __attribute__((preserve_access_index));

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, sp;
} __attribute__((preserve_access_index));

char own_license[] SEC("license") = "GPL";

const volatile __u64 threshold = 100000000;
__u32 target = 0;       /* the process; 0: none yet */
__u64 lost_events = 0;  /* no room in the ring */
__u64 lost_threads = 0; /* no slot left */
__u64 lost_loops = 0;
__u32 loop_count = 0;

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
} free_slots SEC(".maps"); /* zeroed ones */

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_loops);
  __type(key, __u32);
  __type(value, struct loop_slot);
} loops SEC(".maps");

struct loop_name {
  __u64 key;
  __u64 kind;
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

static __always_inline int is_ours(void) {
  return target != 0 && (__u32)(bpf_get_current_pid_tgid() >> 32) == target;
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
      __sync_fetch_and_add(&lost_threads, 1);
      return 0;
    }
    slot = bpf_map_lookup_elem(&threads, &at);
    if (!slot) return 0;
    slot->call = no_call;
    slot->changed = bpf_ktime_get_ns();
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

static __always_inline struct loop_slot* join_loop(struct thread_slot* thread, __u32 kind,
                                                   __u64 key, long call) {
  struct loop_name name = {key, kind};
  struct loop_slot* loop;
  __u32* known;
  __u32 at;
  if (thread->loop && thread->wait_kind == kind && thread->key == key) {
    loop = loop_of(thread);
    if (loop) loop->call = call;
    return loop;
  }
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
  loop->call = call;
  __sync_fetch_and_add(&loop->threads, 1);
  thread->loop = at + 1;
  thread->wait_kind = kind;
  thread->key = key;
  return loop;
}

static __always_inline void fill_head(struct event_head* head, __u32 kind,
                                      const struct thread_slot* thread, __u32 loop, __u64 now) {
  head->kind = kind;
  head->tid = thread->tid;
  head->slot = 0;
  head->loop = loop;
  head->slice = thread->slice;
  head->time = now;
}

static __always_inline void tell_slice(const struct thread_slot* thread, __u64 length, __u64 now) {
  struct slice_event* event;
  if (length < thread->ledger.stopped + threshold) return;
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1);
    return;
  }
  fill_head(&event->head, event_slice, thread, thread->loop, now);
  event->began = now - length;
  event->ledger = thread->ledger;
  bpf_ringbuf_submit(event, 0);
}

static __always_inline void copy_registers(__u64* to, const struct pt_regs* from) {
  to[0] = from->ax;
  to[1] = from->dx;
  to[2] = from->cx;
  to[3] = from->bx;
  to[4] = from->si;
  to[5] = from->di;
  to[6] = from->bp;
  to[7] = from->sp;
  to[8] = from->r8;
  to[9] = from->r9;
  to[10] = from->r10;
  to[11] = from->r11;
  to[12] = from->r12;
  to[13] = from->r13;
  to[14] = from->r14;
  to[15] = from->r15;
  to[16] = from->ip;
}

/* The argument that is a path, if the call takes one; x86-64's numbers. */
static __always_inline const void* path_of(long call, const struct pt_regs* registers) {
  switch (call) {
    case 2:  /* open */
    case 4:  /* stat */
    case 6:  /* lstat */
    case 21: /* access */
    case 59: /* execve */
    case 76: /* truncate */
    case 82: /* rename */
    case 83: /* mkdir */
    case 84: /* rmdir */
    case 87: /* unlink */
      return (const void*)registers->di;
    case 257: /* openat */
    case 262: /* newfstatat */
    case 263: /* unlinkat */
    case 264: /* renameat */
    case 316: /* renameat2 */
    case 332: /* statx */
      return (const void*)registers->si;
    default:
      return 0;
  }
}

/* Of the thread that runs this. */
static __always_inline void tell_stack(const struct thread_slot* thread, struct task_struct* task,
                                       long call, __u64 waited, __u64 now) {
  const struct pt_regs* const registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  struct stack_event* event;
  const void* path;
  __u32 i;
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1);
    return;
  }
  fill_head(&event->head, event_stack, thread, thread->loop, now);
  event->waited = waited;
  event->call = (__s32)call;
  event->first = registers->di;
  event->bytes = 0;
  copy_registers(event->registers, registers);
  event->path[0] = 0;
  path = path_of(call, registers);
  if (path) bpf_probe_read_user_str(event->path, path_bytes, path);
  for (i = 0; i < stack_bytes / stack_step; ++i) {
    const void* const from = (const void*)(registers->sp + (__u64)i * stack_step);
    if (bpf_probe_read_user(event->stack + i * stack_step, stack_step, from)) break;
    event->bytes = (i + 1) * stack_step;
  }
  bpf_ringbuf_submit(event, 0);
}

static __always_inline __u32 asked_for(long call, __u64 set) {
  __u64 bits[2] = {0, 0}; /* the first 128 descriptors tell enough */
  __u32 count = 0;
  int i;
  if (call != call_select && call != call_pselect6) return 0;
  if (set) bpf_probe_read_user(bits, sizeof(bits), (const void*)set);
#pragma unroll
  for (i = 0; i < 2; ++i) {
    if (bits[i]) count += bits[i] & (bits[i] - 1) ? 2 : 1;
  }
  return count;
}

static __always_inline int may_wait(long call, __u64 timeout) {
  __u64 time[2] = {1, 1};
  if (call == call_epoll_pwait2) {
    if (timeout) bpf_probe_read_user(time, sizeof(time), (const void*)timeout);
    return time[0] != 0 || time[1] != 0;
  }
  return !is_epoll(call) || (__s32)timeout != 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(call_begins, struct pt_regs* registers, long call) {
  struct task_struct* task;
  struct thread_slot* thread;
  struct loop_slot* loop;
  __u64 now, first, second, third, fourth;
  __u32 kind;
  if (!is_ours()) return 0;
  task = bpf_get_current_task_btf();
  thread = own_slot(task);
  if (!thread) return 0;
  now = bpf_ktime_get_ns();
  first = registers->di;
  second = registers->si;
  third = registers->dx;
  fourth = registers->r10;
  on_call_begins(thread, now, call, first, second, third);
  kind = wait_kind_of(call, second, third, fourth, asked_for(call, second));
  if (is_loop_wait(thread, kind, kind == wait_none || may_wait(call, fourth))) {
    if (is_epoll(call) && thread->outer && thread->outer_key == first) {
      loop = join_loop(thread, kind, first, call);
      if (!loop) return 0;
      come_back(thread, now);
      tell_slice(thread, end_slice(thread, loop, now), now);
      begin_wait(thread, now, 0);
      return 0;
    }
    if (is_epoll(call) && thread->slice_began && thread->created == (__u32)first + 1) {
      tell_stack(thread, task, call, 1, now);
      go_inside(thread, now);
    }
    loop = loop_of(thread);
    if (loop) tell_slice(thread, end_slice(thread, loop, now), now);
    if (join_loop(thread, kind, kind == wait_poll ? thread->tid : first, call)) {
      begin_wait(thread, now, 0);
    }
    return 0;
  }
  if (call == call_close && first == thread->outer_key) thread->outer = 0;
  if (!thread->slice_began) return 0;
  if (call == call_close && thread->wait_kind != wait_poll && first == thread->key) {
    leave_loop(thread); /* the loop is over, and what its thread does now is no callback */
    thread->wait_kind = wait_none;
  } else if (is_lock_wait(call, second, third)) {
    bpf_probe_read_user(&thread->owner, sizeof(thread->owner), (const void*)(first + 8));
  } else if (is_condition_wait(call, second, third)) {
    loop = loop_of(thread);
    if (loop && loop->threads > 1) {
      tell_slice(thread, end_slice(thread, loop, now), now);
      begin_wait(thread, now, 1);
    }
  }
  return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ends, struct pt_regs* registers, long result) {
  struct task_struct* task;
  struct thread_slot* thread;
  struct loop_slot* loop;
  __u64 now, second, third, waited;
  long call;
  __u32 kind;
  if (!is_ours()) return 0;
  task = bpf_get_current_task_btf();
  thread = own_slot(task);
  if (!thread) return 0;
  now = bpf_ktime_get_ns();
  call = registers->orig_ax;
  second = registers->si;
  third = registers->dx;
  on_call_ends(thread, now);
  if (thread->wait_began && !thread->parked) {
    loop = loop_of(thread);
    if (loop && !will_restart(result)) begin_slice(thread, loop, now);
    return 0;
  }
  if (!thread->slice_began && !thread->wait_began) {
    /* It waited already when the profile began? Of a select nothing is known any more. */
    kind = wait_kind_of(call, second, third, registers->r10, 0);
    if (is_loop_wait(thread, kind, kind == wait_none || may_wait(call, registers->r10))) {
      loop = join_loop(thread, kind, kind == wait_poll ? thread->tid : registers->di, call);
      if (loop) begin_slice(thread, loop, now);
      return 0;
    }
  }
  loop = loop_of(thread);
  if (!loop) return 0;
  if (is_condition_wait(call, second, third) && loop->threads > 1) {
    /* Parked. That others serve the loop may have become known only meanwhile. */
    if (thread->slice_began) {
      end_slice(thread, loop, thread->call_began);
      begin_wait(thread, thread->call_began, 1);
    }
    if (thread->wait_began) begin_slice(thread, loop, now);
    return 0;
  }
  waited = thread->call_waited;
  if (!thread->slice_began) return 0;
  if ((call == call_epoll_create || call == call_epoll_create1) && result >= 0) {
    thread->created = (__u32)result + 1;
  }
  if ((waited > thread->captured_call && waited >= threshold / 4) ||
      (thread->captured_call == 0 && thread->captured == 0 &&
       slice_age(thread, now) >= threshold / 2)) { /* many short waits */
    thread->captured_call = waited ? waited : 1;
    tell_stack(thread, task, call, waited, now);
  }
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, int preempted, struct task_struct* before, struct task_struct* after,
             unsigned int state) {
  struct thread_slot* thread;
  if (target == 0) return 0;
  if ((__u32)before->tgid == target) {
    thread = known_slot(before);
    if (thread) {
      const int ready = preempted || state == 0;
      on_switch_out(thread, bpf_ktime_get_ns(), ready, state);
      if (!ready && thread->slice_began) {
        copy_registers(thread->registers, (const struct pt_regs*)bpf_task_pt_regs(before));
      }
    }
  }
  if ((__u32)after->tgid == target) {
    thread = known_slot(after);
    if (thread) on_switch_in(thread, bpf_ktime_get_ns());
  }
  return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakes, struct task_struct* woken) {
  struct thread_slot* thread;
  if (target == 0 || (__u32)woken->tgid != target) return 0;
  thread = known_slot(woken);
  if (thread) on_wakeup(thread, bpf_ktime_get_ns());
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_ends, struct task_struct* task) {
  struct thread_slot* thread;
  struct event_head* event;
  const __u32* index;
  __u32 at;
  if (target == 0 || (__u32)task->tgid != target) return 0;
  index = bpf_task_storage_get(&slot_index, task, 0, 0);
  if (!index || *index == 0) return 0;
  at = *index - 1;
  thread = bpf_map_lookup_elem(&threads, &at);
  if (!thread) return 0;
  leave_loop(thread);
  bpf_task_storage_delete(&slot_index, task);
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1); /* and the slot with it */
    return 0;
  }
  fill_head(event, event_thread_end, thread, 0, bpf_ktime_get_ns());
  event->slot = at;
  bpf_ringbuf_submit(event, 0);
  return 0;
}

/* The CPU clock of one thread of a loop. */
SEC("perf_event")
int ticks(void* context) {
  struct task_struct* task;
  struct thread_slot* thread;
  __u64 now, age;
  __u32 stage;
  if (!is_ours()) return 0;
  task = bpf_get_current_task_btf();
  thread = known_slot(task);
  if (!thread || !thread->slice_began) return 0;
  now = bpf_ktime_get_ns();
  age = slice_age(thread, now);
  stage = age >= threshold ? 2 : age >= threshold / 2 ? 1 : 0;
  if (stage == 0 || (thread->captured & stage)) return 0;
  thread->captured |= stage;
  tell_stack(thread, task, thread->call, 0, now);
  return 0;
}
