/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* How the time of threads is divided among the requests that they serve. C that the kernel side
 * runs and the unit tests feed with lists of events: no map, no helper, no clock in here. Times are
 * nanoseconds of CLOCK_MONOTONIC.
 *
 * A thread's time between two of its events belongs to one request. What leads up to a send belongs
 * to the connection that is sent on; what follows a read belongs to the connection that was read,
 * until the next event; what a thread does first after it slept belongs to the event that it woke
 * for. So all CPU time has an owner as long as there is a request to own it. Requests that are only
 * counted own their time together.
 *
 * Thread safety: a thread's slot is changed by that thread while it runs, and by who wakes it or
 * switches to it while it does not. A request's slot is changed by the thread that serves it; where
 * it moves between threads, figures of the two may mix.
 */
#ifndef REGATTA_REQUEST_ACCOUNT_H
#define REGATTA_REQUEST_ACCOUNT_H

#include "request_slots.h"

/* For the compiler. The CPU, of the kind that there are programs for, keeps the order of writes. */
#define IN_THIS_ORDER __asm__ volatile("" : : : "memory")

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#endif

REQUEST_FUNCTION void add_spent(struct request_slot* request, __u32 kind, __u64 time) {
  if (time == 0) return;
  request->told.spent[kind] += time;
  if (kind != time_cpu) request->waited = 1;
}

REQUEST_SUBPROGRAM int add_phase(struct request_slot* request, __u32 kind, __u64 wall, __u64 cpu,
                                 __u32 peer) {
  struct request_phase* last;
  __u32 at;
  if (!request || kind >= time_kinds) return 0;
  at = request->told.used;
  add_spent(request, kind, kind == time_cpu ? cpu : wall);
  if (at > 0) {
    last = &request->told.phases[(at - 1) % phase_room];
    if (last->kind == kind && last->peer == peer) {
      last->wall += wall;
      last->cpu += cpu;
      return 0;
    }
  }
  if (at >= phase_room) { /* the rest is one more of the kind that comes last or before */
    last = &request->told.phases[phase_room - 1];
    if (last->kind != kind) last = &request->told.phases[phase_room - 2];
    last->wall += wall;
    last->cpu += cpu;
    return 0;
  }
  last = &request->told.phases[at % phase_room];
  last->wall = wall;
  last->cpu = cpu;
  last->kind = kind;
  last->peer = peer;
  request->told.used = (__u16)(at + 1);
  return 0;
}

REQUEST_FUNCTION __u64 cpu_of(const struct worker_slot* worker, __u64 now) {
  return worker->cpu + (worker->on && now > worker->on ? now - worker->on : 0);
}

/* The kernel counts a little less than passes. */
REQUEST_FUNCTION __u64 unmarked_cpu(const struct worker_slot* worker, __u64 now) {
  const __u64 cpu = cpu_of(worker, now);
  return cpu > worker->marked_cpu ? cpu - worker->marked_cpu : 0;
}

REQUEST_FUNCTION void mark(struct worker_slot* worker, __u64 now) {
  worker->marked_cpu += unmarked_cpu(worker, now);
  worker->marked = now;
}

/* What a request's time was until something was seen of it again. */
struct gap_cause {
  __u32 kind;       /* enum time_kind */
  __u32 peer;       /* of time_upstream */
  __u64 data_ready; /* since then there was something to read; 0: not known */
};

/* The time of the request before this slice, in which nothing was done for it. */
REQUEST_SUBPROGRAM int add_gap(struct request_slot* request, const struct worker_slot* worker,
                               __u64 slice_began, const struct gap_cause* cause) {
  __u64 gap, waited;
  if (!request || !worker || !cause || slice_began <= request->changed) return 0;
  gap = slice_began - request->changed;
  if (cause->kind == time_upstream) {
    const __u64 data_ready = cause->data_ready;
    waited = gap;
    if (data_ready > request->changed && data_ready < slice_began) {
      waited = data_ready - request->changed;
      add_spent(request, time_lag, gap - waited);
    } else if (data_ready && data_ready <= request->changed) {
      add_spent(request, time_lag, gap);
      return 0;
    }
    add_phase(request, time_upstream, waited, 0, cause->peer);
    return 0;
  }
  add_phase(request, cause->kind, gap, 0, 0);
  if (cause->kind != time_gap) return 0;
  if (!worker->slept) request->told.delayed = 1;
  waited = worker->tid == request->last_tid ? worker->idle - request->idle : gap;
  request->told.gap_idle += waited < gap ? waited : gap;
  return 0;
}

/* The thread waited for the network, of which this event tells. */
REQUEST_SUBPROGRAM int add_net(struct request_slot* request, const struct worker_slot* worker,
                               const struct gap_cause* cause, int upstream) {
  if (!request || !worker || !cause) return 0;
  return add_phase(request, upstream ? time_upstream : time_other, worker->net, 0,
                   upstream ? cause->peer : 0);
}

/* What came before a slice that leads up to an event of this request. */
REQUEST_SUBPROGRAM int end_waits(struct request_slot* request, const struct worker_slot* worker,
                                 __u64 slice_began, const struct gap_cause* cause) {
  if (!request || !worker || !cause) return 0;
  if (worker->net) {
    add_net(request, worker, cause, cause->kind == time_upstream);
    if (request->changed < slice_began) request->changed = slice_began;
  }
  add_spent(request, time_run_queue, worker->queued);
  return add_gap(request, worker, slice_began - worker->queued, cause);
}

/* The thread worked for this request, up to now. */
REQUEST_SUBPROGRAM int charge_request(struct request_slot* request,
                                      const struct worker_slot* worker, __u64 now, __u64 wall,
                                      __u64 cpu) {
  if (!request || !worker) return 0;
  add_phase(request, time_cpu, wall, cpu, 0);
  request->changed = now;
  request->idle = worker->idle;
  request->last_tid = worker->tid;
  return 0;
}

/* For no request that is followed. */
REQUEST_FUNCTION void add_unowned(struct worker_slot* worker, __u64 cpu) {
  if (worker->counting) {
    worker->counted_cpu += cpu;
  } else {
    worker->unowned_cpu += cpu;
  }
}

/* What the thread did since its last event, and `carried`, was for this request, or for none. */
REQUEST_FUNCTION void charge_slice(struct request_slot* request, struct worker_slot* worker,
                                   __u64 now, __u64 carried) {
  const __u64 wall = now > worker->marked ? now - worker->marked : 0;
  const __u64 cpu = unmarked_cpu(worker, now);
  worker->marked_cpu += cpu;
  worker->marked = now;
  if (request) {
    charge_request(request, worker, now, wall, cpu + carried);
  } else {
    add_unowned(worker, cpu + carried);
  }
}

/* What came before an event has its owner. */
REQUEST_FUNCTION void forget_wait(struct worker_slot* worker) {
  worker->net = 0;
  worker->queued = 0;
  worker->slept = 0;
  worker->counting = 0;
}

/* An event of a request that is only counted. `leads_up`: it sends, so that what the thread did was
 * for that; otherwise it reads, and that was for `before`, unless the thread slept. */
REQUEST_FUNCTION void reach_counted(struct worker_slot* worker, struct request_slot* before,
                                    __u64 now, int leads_up) {
  if (leads_up || worker->slept) {
    worker->counted_cpu += unmarked_cpu(worker, now) + worker->carried;
    worker->carried = 0;
    mark(worker, now);
  } else {
    charge_slice(before, worker, now, 0);
  }
  forget_wait(worker);
  worker->counting = 1;
}

/* What a thread did since it woke, or since its last event, leads up to an event of this request,
 * and ends a gap of it. 0: of none. */
REQUEST_FUNCTION void lead_up_to(struct request_slot* request, struct worker_slot* worker,
                                 __u64 now, const struct gap_cause* cause) {
  const __u64 slice_began = now > worker->marked ? worker->marked : now;
  if (request && (worker->net || worker->queued || slice_began > request->changed)) {
    end_waits(request, worker, slice_began, cause);
  }
  charge_slice(request, worker, now, worker->carried);
  worker->carried = 0;
  forget_wait(worker);
}

/* An event of this request that does not begin a slice of it: what the thread did belongs to
 * `before`, which it then worked on, unless it slept. Either may be 0. */
REQUEST_FUNCTION void reach_event(struct worker_slot* worker, struct request_slot* before,
                                  struct request_slot* request, __u64 now,
                                  const struct gap_cause* cause) {
  if (worker->slept) {
    lead_up_to(request, worker, now, cause);
    return;
  }
  if (before && worker->net) {
    add_net(before, worker, cause, cause->kind == time_upstream && before == request);
  }
  charge_slice(before, worker, now, 0);
  if (request && request != before) {
    add_gap(request, worker, now, cause);
    charge_request(request, worker, now, 0, 0);
  }
  forget_wait(worker);
}

/* A request was read. What came before it belongs to `before`, unless the thread slept. */
REQUEST_FUNCTION void finish_slice(struct worker_slot* worker, struct request_slot* before,
                                   __u64 now) {
  if (!worker->slept) charge_slice(before, worker, now, 0);
}

/* After finish_slice(). The request begins with the slice that reads it, if its bytes were there
 * by then. */
REQUEST_FUNCTION void begin_request(struct request_slot* request, struct worker_slot* worker,
                                    __u64 now, __u64 arrival) {
  struct request_event* const told = &request->told;
  const __u64 cpu = unmarked_cpu(worker, now) + worker->carried;
  __u64 began = worker->slept && worker->marked < now ? worker->marked : now;
  __u32 kind;
  if (!arrival || arrival > now) arrival = now;
  if (began < arrival) began = arrival;
  told->arrival = arrival;
  told->began = began;
  told->answered = 0;
  told->bytes_in = told->bytes_out = 0;
  told->gap_idle = 0;
  told->prompt = worker->slept;
  told->delayed = 0;
  told->calls = 0;
  told->used = 1;
  told->phases[0].kind = time_cpu;
  told->phases[0].peer = 0;
  told->phases[0].wall = now - began;
  told->phases[0].cpu = cpu;
  told->spent[time_cpu] = cpu;
  if (request->waited) {
    request->waited = 0;
    IN_THIS_ORDER; /* another thread may add to it just now, and then says so */
    for (kind = time_cpu + 1; kind < time_kinds; ++kind) told->spent[kind] = 0;
  }
  request->serial += 1;
  request->started = 0;
  request->awaits = 0;
  request->state = request_working;
  request->changed = now;
  request->idle = worker->idle;
  request->last_tid = worker->tid;
  worker->carried = 0;
  forget_wait(worker);
  mark(worker, now);
}

REQUEST_FUNCTION void put_last(struct request_queue* queue, struct request_link link) {
  queue->links[(queue->first + queue->count) % waiting_room] = link;
  if (queue->count < waiting_room) {
    queue->count += 1;
  } else {
    queue->first += 1;
  }
}

/* Its thread turns to another one. `current`: what that link of the thread leads to, or 0. */
REQUEST_SUBPROGRAM int queue_current(struct worker_slot* worker,
                                     const struct request_slot* current) {
  if (!worker) return 0;
  worker->unqueued = 0;
  if (!current || current->state != request_working) return 0;
  put_last(&worker->next, worker->current);
  put_last(&worker->waiting, worker->current);
  return 0;
}

/* Whether a call that its thread makes may be of this request, the last one that it worked on. A
 * thread that slept since was woken by a timer, or another thread: if the request is answered, or
 * waits for an upstream, that is something of the service's own, as a health check. */
REQUEST_FUNCTION int may_call(const struct request_slot* request,
                              const struct worker_slot* worker) {
  return !worker->slept || (request->state == request_working && request->awaits == 0);
}

/* It has asked an upstream, and reads the first bytes of the answer. */
REQUEST_FUNCTION void begin_wait(struct request_slot* request) { request->awaits += 1; }
REQUEST_FUNCTION void end_wait(struct request_slot* request) {
  if (request->awaits > 0) request->awaits -= 1;
}

REQUEST_FUNCTION void note_answer(struct request_slot* request, const struct worker_slot* worker,
                                  __u64 now, __u64 bytes) {
  __u32 kind;
  request->told.bytes_out += bytes;
  request->told.answered = now;
  request->told.tid = worker->tid;
  request->told.process = worker->process;
  request->told.loop = (__u16)worker->loops;
  if (request->waited) {
    for (kind = 0; kind < time_kinds; ++kind) {
      request->until_answer[kind] = request->told.spent[kind];
    }
  }
  request->waited_until_answer = request->waited;
  request->idle_until_answer = request->told.gap_idle;
  request->used_until_answer = (__u8)request->told.used;
  if (request->told.used > 0) {
    request->wall_until_answer = request->told.phases[(request->told.used - 1U) % phase_room].wall;
  }
  request->state = request_answered;
  request->started = 1;
}

/* Its waits after the last send were none of this request; the CPU time was. */
REQUEST_FUNCTION void end_request(struct request_slot* request) {
  __u32 kind;
  if (request->waited) {
    const int before = request->waited_until_answer;
    request->waited = request->waited_until_answer;
    IN_THIS_ORDER;
    for (kind = time_cpu + 1; kind < time_kinds; ++kind) {
      request->told.spent[kind] = before ? request->until_answer[kind] : 0;
    }
  }
  request->told.gap_idle = request->idle_until_answer;
  if (request->used_until_answer < request->told.used) {
    request->told.used = request->used_until_answer;
  }
  if (request->told.used > 0) {
    request->told.phases[(request->told.used - 1U) % phase_room].wall = request->wall_until_answer;
  }
  request->state = request_none;
}

/* One after end_request(). False if it does not fit into that. */
REQUEST_FUNCTION int brief_of(const struct request_slot* request, struct brief_event* brief) {
  const struct request_event* const told = &request->told;
  const __u64 most = 0xFFFFFFFF;
  const __u64 latency = told->answered - told->arrival;
  __u32 kind;
  if (told->used > 1 || told->calls || told->delayed) return 0;
  if (request->waited) {
    for (kind = time_cpu + 1; kind < time_kinds; ++kind) {
      if (kind != time_run_queue && told->spent[kind]) return 0;
    }
  }
  if (latency > most || told->spent[time_cpu] > most ||
      (request->waited && told->spent[time_run_queue] > most) || told->bytes_in > most ||
      told->bytes_out > most || told->answered < told->began) {
    return 0;
  }
  brief->arrival = told->arrival;
  brief->latency = (__u32)latency;
  brief->queue = (__u32)(told->began - told->arrival);
  brief->cpu = (__u32)told->spent[time_cpu];
  brief->run_queue = request->waited ? (__u32)told->spent[time_run_queue] : 0;
  brief->bytes_in = (__u32)told->bytes_in;
  brief->bytes_out = (__u32)told->bytes_out;
  brief->name_number = told->name_number;
  brief->prompt = told->prompt;
  return 1;
}

/* It leaves its CPU, after `used` ns on one in all. `in_flight`: some request is read and not
 * answered. */
REQUEST_FUNCTION void leave_cpu(struct worker_slot* worker, struct request_slot* current, __u64 now,
                                __u64 used, __u32 left, int in_flight) {
  __u64 wall, cpu;
  worker->cpu = used;
  worker->on = 0;
  worker->left = now;
  worker->left_for = left;
  worker->ready = left == left_ready ? now : 0;
  if (left == left_ready) return;
  if (worker->unqueued) queue_current(worker, current);
  wall = now > worker->marked ? now - worker->marked : 0;
  cpu = worker->cpu > worker->marked_cpu ? worker->cpu - worker->marked_cpu : 0;
  worker->between =
      left == left_loop || (current ? current->state != request_working : !worker->counting);
  if (left == left_loop) {
    worker->loops = 1;
    worker->next.count = 0;
  }
  if (current && !worker->slept) {
    charge_request(current, worker, now, wall, cpu);
  } else if (worker->between && worker->slept && in_flight) {
    worker->carried += cpu;
  } else {
    add_unowned(worker, cpu);
  }
  if (worker->between) {
    worker->slept = 1;
    worker->counting = 0;
  }
  if (worker->marked_cpu < worker->cpu) worker->marked_cpu = worker->cpu;
  worker->marked = now;
}

REQUEST_FUNCTION void wake(struct worker_slot* worker, __u64 now) {
  if (!worker->on && !worker->ready) worker->ready = now;
}

REQUEST_SUBPROGRAM int enter_cpu(struct worker_slot* worker, struct request_slot* current,
                                 __u64 now) {
  __u64 ready, queued, blocked;
  if (!worker) return 0;
  ready = worker->ready ? worker->ready : now;
  queued = now > ready ? now - ready : 0;
  blocked = worker->left && ready > worker->left ? ready - worker->left : 0;
  worker->on = now;
  worker->ready = 0;
  worker->run_queue += queued;
  if (worker->left_for == left_ready) {
    if (current && !worker->slept) {
      add_spent(current, time_run_queue, queued);
    } else {
      worker->queued += queued;
    }
    return 0;
  }
  if (!worker->left) { /* seen for the first time */
    worker->slept = 1;
    mark(worker, now);
    return 0;
  }
  worker->marked = now;
  if (worker->between) {
    worker->idle += blocked;
    worker->queued = queued;
    if (!current && worker->left_for == left_disk) worker->unowned_disk += blocked;
    if (current && current->state == request_answered && worker->left_for == left_net) {
      worker->net += blocked; /* an answer in parts, from an upstream's in parts? */
    }
    return 0;
  }
  if (!current) return 0;
  if (worker->left_for == left_net) {
    worker->net += blocked;
  } else {
    add_phase(current, time_of_left(worker->left_for), blocked, 0, 0);
  }
  add_spent(current, time_run_queue, queued);
  current->changed = now;
  return 0;
}

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
