/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What is kept of each request and of each thread that serves them, and how requests are told. The
 * kernel side writes it, the profiler and the unit tests read it.
 */
#ifndef REGATTA_REQUEST_SLOTS_H
#define REGATTA_REQUEST_SLOTS_H

#include "call_waits.h"

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#endif

enum {
  phase_room = 8,
  request_name_bytes = 48,
  method_letters = 3,
  brief_room = 16,
  cache_line = 64
};

enum request_state { request_none, request_working, request_answered };

struct request_phase {
  __u64 wall, cpu;
  __u32 kind; /* enum time_kind */
  __u32 peer; /* of time_upstream: its number + 1 */
};

/* As it crosses the ring, without the phases that it has not. */
struct request_event {
  __u32 kind; /* enum watch_event_kind */
  __u32 tid;  /* that answered it */
  __u32 process;
  __u16 loop; /* that thread waits for many descriptors at once */
  __u16 used; /* of phases */
  __u64 arrival, began, answered;
  __u64 bytes_in, bytes_out;
  __u64 spent[time_kinds];
  __u64 gap_idle; /* of time_gap: its thread had nothing at all to do */
  __u32 prompt;   /* its thread was idle when it arrived */
  __u32 delayed;  /* its thread was busy when a gap of it ended */
  __u32 calls;    /* of upstreams */
  __u32 name_length;
  __u32 name_number;             /* of those that brief_events refer to; 0: none */
  char name[request_name_bytes]; /* its first bytes */
  struct request_phase phases[phase_room];
};

/* A request that only computed, and had its connection's name of before. */
struct brief_event {
  __u64 arrival;
  __u32 latency, queue, cpu, run_queue; /* ns */
  __u32 bytes_in, bytes_out;
  __u32 name_number;
  __u32 prompt;
};

/* They cross the ring together: its locks cost more than they do. */
struct brief_events {
  __u32 kind; /* enum watch_event_kind */
  __u32 tid;  /* that answered them */
  __u32 process;
  __u16 loop;
  __u16 count;
  struct brief_event requests[brief_room];
};

/* A connection of a client to the service, and its last request. What each request changes is close
 * together: it displaces as little as possible of what the service has in its CPU's cache. */
struct request_slot {
  __u32 state;  /* enum request_state */
  __u32 serial; /* of the request; a link to another one is stale */
  __u32 awaits; /* calls of upstreams of which nothing was read yet */
  __u32 last_tid;
  __u8 started;   /* something was seen of it after it was read */
  __u8 name_told; /* the profiler knows what `name_number` means */
  __u8 waited;    /* some of told.spent but time_cpu is not 0 */
  __u8 waited_until_answer;
  __u8 used_until_answer; /* of phases */
  __u64 changed;          /* until when its time is divided */
  __u64 idle;             /* its thread's idle time by then */
  __u64 idle_until_answer;
  __u64 wall_until_answer; /* of the last phase */
  struct request_event told __attribute__((aligned(cache_line)));
  __u64 until_answer[time_kinds]; /* spent, up to the last send; if waited_until_answer */
};

enum { waiting_room = 16 };

struct request_link {
  __u32 slot; /* index + 1 */
  __u32 serial;
};

/* The oldest first; those in it may be over. */
struct request_queue {
  __u32 first, count;
  struct request_link links[waiting_room];
};

/* A thread of the service. */
struct worker_slot {
  __u32 tid, process;
  __u64 on;                 /* a CPU since then; 0: off */
  __u64 cpu;                /* until then, by the kernel's own count */
  __u64 first_cpu;          /* when it was first seen */
  __u64 marked_cpu, marked; /* what was before has its owner */
  __u64 left, ready;        /* the CPU; and could go on since then; 0: cannot */
  __u32 left_for;           /* enum left_for */
  __u32 slept;              /* no event since it slept */
  __u32 between;            /* left between two requests, not within one */
  __u32 loops;              /* waits for many descriptors at once */
  __u64 idle, run_queue;    /* sums */
  __u64 queued;             /* run queue of the slice that begins */
  __u64 carried;            /* CPU time of slices without an event */
  __u64 net;                /* waited for some descriptor, which the next event will tell */
  __u64 unowned_cpu, unowned_disk;
  __u64 counted, counted_cpu; /* requests that it answered and that were only counted */
  struct request_link current;
  __u32 counting; /* what it does is for such a request */
  __u32 foreign;  /* its process turned out to be a service of its own */
  __u32 unqueued; /* `current` was read, and is in no queue yet */
  /* Requests that it turned from before they were answered. */
  struct request_queue next;    /* read, or their upstreams' answers, since it last slept */
  struct request_queue waiting; /* read, and perhaps nothing seen of them since */
  struct brief_events briefs;   /* not told yet; the last, and empty when the thread ends */
};

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
