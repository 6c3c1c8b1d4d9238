/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Watches the threads of some processes from inside the kernel. What belongs to others leaves after
 * one look at a bit. Nothing is pinned: all of it goes with the profiler's descriptors.
 *
 * In three stages (enum watch_stage), because whoever watches system calls slows down those of
 * every process. Switches are watched all the time: a thread that leaves its CPU says by its
 * registers what it waits in. A loop that does not sleep looks at its descriptors unseen, so its
 * waits are watched as soon as it has not slept for a while; and when a slice has become long, all
 * of its calls, which tells the program's own time from the kernel's.
 */
// clang-format off
#include <linux/bpf.h>  /* before libbpf's, which use its types */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
// clang-format on

#include "loop_waits.h"

char own_license[] SEC("license") = "GPL";

/* The thread that runs this leaves its CPU, ready to go on or not. What would be a wait of its loop
 * has a `kind`. */
VERIFIED_ONCE int leave_cpu(struct thread_slot* thread, __u32 kind, int ready, __u32 state) {
  const struct pt_regs* const registers =
      (const struct pt_regs*)bpf_task_pt_regs(bpf_get_current_task_btf());
  const int sleeps = !ready && !is_stop(state);
  const long call = registers->orig_ax;
  const __u64 now = bpf_ktime_get_ns();
  struct loop_slot* loop;
  if (!thread) return 0;
  settle(thread, stage);
  begin_missed_slice(thread, call);
  charge(thread, now);
  note_call(thread, now, call, registers->di, registers->si, registers->dx);
  suspect(thread, now);
  if (sleeps && is_loop_wait(thread, kind, 1)) {
    if (!thread->wait_began) wait_for_loop(thread, kind, registers->di, call, now);
    thread->asleep = 1;
  } else if (sleeps && thread->slice_began) {
    if (is_lock_wait(call, registers->si, registers->dx)) {
      bpf_probe_read_user(&thread->owner, sizeof(thread->owner), (const void*)(registers->di + 8));
    } else if ((loop = loop_it_parks_for(thread, call, registers->si, registers->dx))) {
      tell_slice(thread, end_slice(thread, loop, now), now);
      begin_wait(thread, now, 1);
    }
  }
  if (!ready && thread->slice_began) {
    copy_registers(thread->registers, registers);
    if (thread->captured_call == 0 && thread->captured == 0 &&
        slice_age(thread, now) >= threshold / 2) { /* many short waits */
      thread->captured_call = 1;
      tell_stack(thread, call, 1, now);
    }
  }
  on_switch_out(thread, now, ready, state);
  return 0;
}

/* The thread is given a CPU. */
VERIFIED_ONCE int come_to_cpu(struct thread_slot* thread) {
  const __u64 now = bpf_ktime_get_ns();
  struct loop_slot* loop;
  long call;
  if (!thread) return 0;
  settle(thread, stage);
  call = thread->call;
  on_switch_in(thread, now);
  loop = loop_of(thread);
  if (!loop) return 0;
  if (thread->wait_began) {
    if (thread->asleep || thread->parked) thread->awake = 0;
    thread->asleep = 0;
    /* Else the end of the call is seen. */
    if (thread->parked ? !thread->exact : stage == stage_switches) begin_slice(thread, loop, now);
  } else if (!thread->exact && thread->slice_began && thread->call_waited &&
             loop_it_parks_for(thread, call, thread->argument[1], thread->argument[2])) {
    /* That others serve the loop has become known only meanwhile. */
    end_slice(thread, loop, thread->call_began);
    begin_wait(thread, thread->call_began, 1);
    begin_slice(thread, loop, now);
    thread->awake = 0;
  }
  return 0;
}

static __always_inline void leave(struct task_struct* task, int preempted, __u32 state) {
  const struct pt_regs* const registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  const int ready = preempted || state == 0;
  const long call = registers->orig_ax;
  struct thread_slot* thread = known_slot(task);
  __u32 kind = wait_none;
  if (!ready && !is_stop(state) && call >= 0) {
    kind = kind_of_wait(call, registers->si, registers->dx, registers->r10, 1);
  }
  /* One that never waits for descriptors is none of ours. */
  if (!thread && kind != wait_none) thread = own_slot(task);
  if (thread) leave_cpu(thread, kind, ready, state);
}

static __always_inline void come(struct task_struct* task) {
  struct thread_slot* thread = known_slot(task);
  const struct pt_regs* registers;
  __u64 first;
  __u32 kind;
  long call;
  if (thread) {
    come_to_cpu(thread);
    return;
  }
  registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  first = registers->di;
  call = registers->orig_ax;
  if (call < 0 || stage != stage_switches) return;
  kind = kind_of_wait(call, registers->si, registers->dx, registers->r10, 0);
  if (kind == wait_none) return;
  thread = own_slot(task);
  if (thread) meet(thread, kind, first, call, bpf_ktime_get_ns());
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, int preempted, struct task_struct* before, struct task_struct* after,
             unsigned int state) {
  if (is_target(before->tgid)) leave(before, preempted, state);
  if (is_target(after->tgid)) come(after);
  return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakes, struct task_struct* woken) {
  struct thread_slot* thread;
  if (!is_target(woken->tgid)) return 0;
  thread = known_slot(woken);
  if (thread) on_wakeup(thread, bpf_ktime_get_ns());
  return 0;
}

/* Stage 1: the calls that loops wait by, and no others. */
SEC("tracepoint")
int wait_begins(void* context) {
  struct task_struct* task;
  const struct pt_regs* registers;
  struct thread_slot* thread;
  __u64 now;
  __u32 kind;
  long call;
  if (stage == stage_calls || !is_ours()) return 0;
  task = bpf_get_current_task_btf();
  registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  call = registers->orig_ax;
  kind = kind_of_wait(call, registers->si, registers->dx, registers->r10, 1);
  if (kind == wait_none) return 0;
  thread = own_slot(task);
  if (!thread || !is_loop_wait(thread, kind, may_wait(call, registers->r10))) return 0;
  now = bpf_ktime_get_ns();
  settle(thread, stage);
  charge(thread, now);
  note_call(thread, now, call, registers->di, registers->si, registers->dx);
  wait_for_loop(thread, kind, registers->di, call, now);
  return 0;
}

struct call_end {
  __u64 common;
  long call;
  long result;
};

SEC("tracepoint")
int wait_ends(struct call_end* context) {
  struct task_struct* task;
  const struct pt_regs* registers;
  struct thread_slot* thread;
  struct loop_slot* loop;
  const long result = context->result;
  __u64 now;
  __u32 kind;
  long call;
  if (stage == stage_calls || !is_ours()) return 0;
  task = bpf_get_current_task_btf();
  thread = known_slot(task);
  if (thread && (thread->slice_began || thread->parked)) return 0;
  now = bpf_ktime_get_ns();
  if (thread && thread->wait_began) {
    if (will_restart(result)) return 0;
    settle(thread, stage);
    charge(thread, now);
    thread->call = no_call;
    loop = loop_of(thread);
    if (loop) begin_slice(thread, loop, now);
    return 0;
  }
  registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  call = registers->orig_ax;
  kind = kind_of_wait(call, registers->si, registers->dx, registers->r10, 0);
  if (kind == wait_none) return 0;
  thread = own_slot(task);
  if (thread && is_loop_wait(thread, kind, may_wait(call, registers->r10))) {
    meet(thread, kind, registers->di, call, now);
  }
  return 0;
}

/* Stage 2: every call. */
SEC("tp_btf/sys_enter")
int BPF_PROG(call_begins, struct pt_regs* registers, long call) {
  struct task_struct* task;
  struct thread_slot* thread;
  struct loop_slot* loop;
  __u64 now, first, second, third, fourth;
  __u32 kind;
  if (!is_ours()) return 0;
  task = bpf_get_current_task_btf();
  first = registers->di;
  second = registers->si;
  third = registers->dx;
  fourth = registers->r10;
  kind = kind_of_wait(call, second, third, fourth, 1);
  thread = kind == wait_none ? known_slot(task) : own_slot(task);
  if (!thread) return 0;
  now = bpf_ktime_get_ns();
  settle(thread, stage);
  begin_missed_slice(thread, -1);
  on_call_begins(thread, now, call, first, second, third);
  if (is_loop_wait(thread, kind, kind == wait_none || may_wait(call, fourth))) {
    wait_for_loop(thread, kind, first, call, now);
    return 0;
  }
  if (call == call_close && first == thread->outer_key) thread->outer = 0;
  if (!thread->slice_began) return 0;
  if (call == call_close && thread->wait_kind != wait_poll && first == thread->key) {
    leave_loop(thread); /* the loop is over, and what its thread does now is no callback */
    thread->wait_kind = wait_none;
  } else if (is_lock_wait(call, second, third)) {
    bpf_probe_read_user(&thread->owner, sizeof(thread->owner), (const void*)(first + 8));
  } else if ((loop = loop_it_parks_for(thread, call, second, third))) {
    tell_slice(thread, end_slice(thread, loop, now), now);
    begin_wait(thread, now, 1);
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
  call = registers->orig_ax;
  second = registers->si;
  third = registers->dx;
  kind = kind_of_wait(call, second, third, registers->r10, 0);
  thread = kind == wait_none ? known_slot(task) : own_slot(task);
  if (!thread) return 0;
  now = bpf_ktime_get_ns();
  settle(thread, stage);
  on_call_ends(thread, now);
  if (thread->wait_began && !thread->parked) {
    loop = loop_of(thread);
    if (loop && !will_restart(result)) begin_slice(thread, loop, now);
    return 0;
  }
  if (!thread->slice_began && !thread->wait_began) {
    if (is_loop_wait(thread, kind, kind == wait_none || may_wait(call, registers->r10))) {
      meet(thread, kind, registers->di, call, now);
      return 0;
    }
  }
  loop = loop_of(thread);
  if (!loop) return 0;
  if (is_condition_wait(call, second, third) && loop->threads > 1) {
    /* Parked. That others serve the loop may have become known only meanwhile. */
    if (thread->slice_began && thread->call_waited) {
      end_slice(thread, loop, thread->call_began);
      begin_wait(thread, thread->call_began, 1);
    }
    if (thread->wait_began) {
      begin_slice(thread, loop, now);
      thread->awake = 0;
    }
    return 0;
  }
  waited = thread->call_waited;
  if (!thread->slice_began) return 0;
  if ((waited > thread->captured_call && waited >= threshold / 4) ||
      (thread->captured_call == 0 && thread->captured == 0 &&
       slice_age(thread, now) >= threshold / 2)) { /* many short waits */
    thread->captured_call = waited ? waited : 1;
    tell_stack(thread, call, waited, now);
  }
  return 0;
}

static __always_inline void tell_process(__u32 process) {
  struct event_head* const event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1);
    return;
  }
  __builtin_memset(event, 0, sizeof(*event));
  event->kind = event_process;
  event->process = process;
  bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(forks, struct task_struct* parent, struct task_struct* child) {
  __u32 process = child->tgid;
  const __u32 by = parent->tgid;
  if (!follow_children || process == by || !is_target(by)) return 0;
  if (bpf_map_update_elem(&targets, &process, &by, BPF_ANY)) {
    __sync_fetch_and_add(&lost_processes, 1);
    return 0;
  }
  __sync_fetch_and_or(&target_filter[process / 64 % filter_words], (__u64)1 << (process % 64));
  tell_process(process);
  return 0;
}

/* Its descriptors may be others now, and its code is. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(executes, struct task_struct* task) {
  struct thread_slot* thread;
  if (!is_target(task->tgid)) return 0;
  tell_process(task->tgid);
  thread = known_slot(task);
  if (!thread) return 0;
  leave_loop(thread);
  thread->wait_kind = wait_none;
  thread->outer = 0;
  thread->tid = task->pid; /* the main thread's now */
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_ends, struct task_struct* task) {
  struct thread_slot* thread;
  struct event_head* event;
  struct loop_slot* loop;
  const __u32* index;
  __u64 now;
  __u32 at;
  if (!is_target(task->tgid)) return 0;
  index = bpf_task_storage_get(&slot_index, task, 0, 0);
  if (!index || *index == 0) return 0;
  at = *index - 1;
  thread = bpf_map_lookup_elem(&threads, &at);
  if (!thread) return 0;
  now = bpf_ktime_get_ns();
  settle(thread, stage);
  charge(thread, now);
  loop = loop_of(thread);
  if (loop && thread->left != thread->slice && sure_of(thread, now) >= threshold) {
    tell_slice(thread, end_slice(thread, loop, now), now); /* it dies of it, or soon after it */
  }
  leave_loop(thread);
  bpf_task_storage_delete(&slot_index, task);
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1); /* and the slot with it */
    return 0;
  }
  fill_head(event, event_thread_end, thread, 0, now);
  event->slot = at;
  bpf_ringbuf_submit(event, 0);
  return 0;
}

/* The CPU clock of one thread of a loop. */
SEC("perf_event")
int ticks(void* context) {
  struct task_struct* task;
  const struct pt_regs* registers;
  struct thread_slot* thread;
  struct loop_slot* loop;
  __u64 now, age;
  __u32 reached;
  long call;
  if (!is_ours()) return 0;
  task = bpf_get_current_task_btf();
  thread = known_slot(task);
  if (!thread) return 0;
  registers = (const struct pt_regs*)bpf_task_pt_regs(task);
  call = registers->orig_ax;
  settle(thread, stage);
  begin_missed_slice(thread, call);
  now = bpf_ktime_get_ns();
  charge(thread, now);
  if (thread->slice_began && call >= 0 && loop_it_waits_for(thread, registers, call)) {
    /* It looks at its descriptors just now: what was before that was another callback. */
    loop = loop_of(thread);
    if (loop) tell_slice(thread, end_slice(thread, loop, now), now);
    if (loop) begin_slice(thread, loop, now);
    return 0;
  }
  suspect(thread, now);
  if (!thread->slice_began) return 0;
  if (thread->mode == mode_cpu) {
    if (call >= 0) {
      thread->ledger.kernel_ticks += 1;
    } else {
      thread->ledger.user_ticks += 1;
    }
  }
  age = slice_age(thread, now);
  reached = age >= threshold ? 2 : age >= threshold / 2 ? 1 : 0;
  if (reached == 0 || (thread->captured & reached)) return 0;
  thread->captured |= reached;
  tell_stack(thread, call < 0 ? no_call : call, 0, now);
  return 0;
}
