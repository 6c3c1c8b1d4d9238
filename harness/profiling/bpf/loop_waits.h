/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* When a thread begins to wait for its loop's descriptors, and when it has come back. */
#include "told_events.h"

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

/* wait_kind_of() a call, `begins` or ends: of a select that has ended nothing is known any more. */
VERIFIED_ONCE int kind_of_wait(long call, __u64 second, __u64 third, __u64 fourth, int begins) {
  return (int)wait_kind_of(call, second, third, fourth, begins ? asked_for(call, second) : 0);
}

VERIFIED_ONCE int may_wait(long call, __u64 timeout) {
  __u64 time[2] = {1, 1};
  if (call == call_epoll_pwait2) {
    if (timeout) bpf_probe_read_user(time, sizeof(time), (const void*)timeout);
    return time[0] != 0 || time[1] != 0;
  }
  return !is_epoll(call) || (__s32)timeout != 0;
}

/* Which descriptors are open. */
static __always_inline void note_descriptors(struct thread_slot* thread, struct task_struct* task) {
  /* Copied: to follow pointers is dear to the verifier, which looks up each one's type by name. */
  const struct fdtable* const table = BPF_CORE_READ(task, files, fdt);
  const __u32 most = BPF_CORE_READ(table, max_fds);
  __u64 bytes = most / 8;
  if (bytes > sizeof(thread->descriptors)) bytes = sizeof(thread->descriptors);
  thread->known_descriptors = 0;
  if (bpf_probe_read_kernel(thread->descriptors, bytes, BPF_CORE_READ(table, open_fds))) return;
  thread->known_descriptors = bytes * 8;
}

/* The thread that runs this is about to wait, or to sleep; up to `now` its time is charged. */
VERIFIED_ONCE int wait_for_loop(struct thread_slot* thread, __u32 kind, __u64 first, long call,
                                __u64 now) {
  struct loop_slot* loop;
  if (!thread) return 0;
  if (is_epoll(call) && thread->outer && thread->outer_key == first) {
    if (!join_loop(thread, kind, first, call)) return 0;
    loop = loop_of(thread);
    if (!loop) return 0;
    come_back(thread, now);
    tell_slice(thread, end_slice(thread, loop, now), now);
  } else {
    if (is_epoll(call) && thread->slice_began && was_made_since(thread, first)) {
      tell_stack(thread, call, 1, now);
      go_inside(thread, now);
    }
    loop = loop_of(thread);
    if (loop) tell_slice(thread, end_slice(thread, loop, now), now);
    if (!join_loop(thread, kind, kind == wait_poll ? thread->tid : first, call)) return 0;
  }
  begin_wait(thread, now, 0);
  note_descriptors(thread, bpf_get_current_task_btf());
  return 0;
}

/* The loop whose other threads it waits for, if that is what it does. */
static __always_inline struct loop_slot* loop_it_parks_for(const struct thread_slot* thread,
                                                           long call, __u64 second, __u64 third) {
  struct loop_slot* loop;
  if (!is_condition_wait(call, second, third)) return 0;
  loop = loop_of(thread);
  return loop && loop->threads > 1 ? loop : 0;
}

/* It runs, and is in no wait any more whose end should have been seen: that fell between two
 * stages. */
static __always_inline void begin_missed_slice(struct thread_slot* thread, long call) {
  struct loop_slot* loop;
  if (!thread->wait_began || thread->asleep || !is_on_cpu(thread)) return;
  if (call == thread->last_call) return;
  loop = loop_of(thread);
  if (loop) begin_slice(thread, loop, thread->changed);
}

/* Whether the call that it is in is its loop's wait. Of a select that is not known. */
static __always_inline int loop_it_waits_for(const struct thread_slot* thread,
                                             const struct pt_regs* registers, long call) {
  const __u32 kind = kind_of_wait(call, registers->si, registers->dx, registers->r10, 0);
  if (kind == wait_none || kind != thread->wait_kind) return 0;
  return kind == wait_poll || thread->key == registers->di;
}

/* A wait of a thread that waited already when the profile began has ended. Of a select nothing is
 * known any more. */
static __always_inline void meet(struct thread_slot* thread, __u32 kind, __u64 first, long call,
                                 __u64 now) {
  struct loop_slot* loop;
  if (!join_loop(thread, kind, kind == wait_poll ? thread->tid : first, call)) return;
  loop = loop_of(thread);
  if (!loop) return;
  begin_slice(thread, loop, now);
  thread->awake = 0;
}

/* A loop that has not slept for so long is told of: what it does has to be watched more closely. Up
 * to `now` the thread's time is charged. */
VERIFIED_ONCE int suspect(struct thread_slot* thread, __u64 now) {
  if (!thread || !thread->loop || thread->awake < suspicion || thread->left == thread->slice) {
    return 0;
  }
  thread->suspected = now;
  if (!(thread->told & 1)) {
    thread->told |= 1;
    if (stage == stage_switches) raise_alarm(thread, 0);
  }
  if (!(thread->told & 2) &&
      gets_long(thread, &thread->ledger, slice_age(thread, now), threshold)) {
    thread->told |= 2;
    if (stage != stage_calls) raise_alarm(thread, 1);
  }
  return 0;
}
