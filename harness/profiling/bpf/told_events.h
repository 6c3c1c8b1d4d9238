/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What crosses the ring to the profiler: slices that were long, and stacks. */
#include "watched_threads.h"

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
