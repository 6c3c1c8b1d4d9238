/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Watches the threads of one process from inside the kernel. What belongs to others leaves after
 * one comparison. Nothing is pinned: all of it goes with the profiler's descriptors.
 */
// clang-format off
#include <linux/bpf.h>  /* before libbpf's, which use its types */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
// clang-format on

#include "told_events.h"

char own_license[] SEC("license") = "GPL";

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
