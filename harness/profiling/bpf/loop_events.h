/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the kernel side of loop_watch.bpf.c tells the profiler. */
#ifndef REGATTA_LOOP_EVENTS_H
#define REGATTA_LOOP_EVENTS_H

#include "thread_account.h"

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#endif

enum {
  most_threads = 2048,
  most_loops = 128,
  most_processes = 1024,
  filter_words = 64,
  stack_bytes = 16384,
  stack_step = 1024,
  path_bytes = 128
};

enum event_kind { event_stack, event_slice, event_thread_end, event_process };

struct event_head {
  __u32 kind; /* enum event_kind */
  __u32 process;
  __u32 tid;
  __u32 slot; /* of the thread */
  __u32 loop; /* index + 1 */
  __u32 unused;
  __u64 slice;
  __u64 time; /* ns of CLOCK_MONOTONIC */
};

/* A stack of a slice that may become too long. */
struct stack_event {
  struct event_head head;
  __u64 waited; /* in the call, when it was taken at the end of one; 0: on a CPU */
  __u64 first;  /* argument of that call */
  __s32 call;
  __u32 bytes; /* of the stack */
  __u64 registers[register_count];
  char path[path_bytes]; /* of a call that takes one; may be empty */
  unsigned char stack[stack_bytes];
};

/* A slice over the threshold that has ended. */
struct slice_event {
  struct event_head head;
  __u64 began;
  __u64 unseen, sure; /* as in thread_slot */
  struct slice_ledger ledger;
};

/* For a thread of the profiler that only waits for these: the sooner it acts the better. */
struct alarm {
  __u32 tid;
  __u32 is_long;
};

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
