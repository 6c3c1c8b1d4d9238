/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What crosses the ring to the profiler: slices that were long, and stacks. */
#include "watched_threads.h"

static __always_inline void fill_head(struct event_head* head, __u32 kind,
                                      const struct thread_slot* thread, __u32 loop, __u64 now) {
  head->kind = kind;
  head->process = thread->process;
  head->tid = thread->tid;
  head->slot = 0;
  head->loop = loop;
  head->slice = thread->slice;
  head->time = now;
}

VERIFIED_ONCE int tell_slice(struct thread_slot* thread, __u64 length, __u64 now) {
  struct slice_event* event;
  if (!thread) return 0;
  note_outcome(thread, length, threshold);
  if (length < thread->ledger.stopped + threshold) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1);
    return 0;
  }
  fill_head(&event->head, event_slice, thread, thread->loop, now);
  event->began = now - length;
  event->ledger = thread->ledger;
  event->unseen = thread->unseen;
  event->sure = sure_of(thread, now);
  bpf_ringbuf_submit(event, 0);
  return 0;
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

/* Of a slice that is `is_long`, or a loop that does not sleep: its calls have to be watched. */
static __always_inline void raise_alarm(const struct thread_slot* thread, __u32 is_long) {
  struct alarm* const alarm = bpf_ringbuf_reserve(&alarms, sizeof(*alarm), 0);
  if (!alarm) return; /* a look at the threads finds it as well */
  alarm->tid = thread->tid;
  alarm->is_long = is_long;
  bpf_ringbuf_submit(alarm, 0);
}

/* Of the thread that runs this. */
VERIFIED_ONCE int tell_stack(const struct thread_slot* thread, long call, __u64 waited, __u64 now) {
  const struct pt_regs* const registers =
      (const struct pt_regs*)bpf_task_pt_regs(bpf_get_current_task_btf());
  const int path = path_argument(call);
  struct stack_event* event;
  __u32 i;
  if (!thread) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost_events, 1);
    return 0;
  }
  fill_head(&event->head, event_stack, thread, thread->loop, now);
  event->waited = waited;
  event->call = (__s32)call;
  event->first = registers->di;
  event->bytes = 0;
  copy_registers(event->registers, registers);
  event->path[0] = 0;
  if (path >= 0) {
    bpf_probe_read_user_str(event->path, path_bytes,
                            (const void*)(path == 0 ? registers->di : registers->si));
  }
  for (i = 0; i < stack_bytes / stack_step; ++i) {
    const void* const from = (const void*)(registers->sp + (__u64)i * stack_step);
    if (bpf_probe_read_user(event->stack + i * stack_step, stack_step, from)) break;
    event->bytes = (i + 1) * stack_step;
  }
  bpf_ringbuf_submit(event, 0);
  return 0;
}
