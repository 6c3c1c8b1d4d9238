/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What happens to requests. */
#include "connection_table.h"

REQUEST_SUBPROGRAM int tell_briefs(struct worker_slot* worker) {
  struct brief_events* briefs;
  if (!worker || worker->briefs.count == 0) return 0;
  briefs = &worker->briefs;
  briefs->kind = event_briefs;
  briefs->tid = worker->tid;
  briefs->process = worker->process;
  briefs->loop = (__u16)worker->loops;
  if (bpf_ringbuf_output(&events, briefs, sizeof(*briefs), BPF_RB_NO_WAKEUP)) {
    __sync_fetch_and_add(&lost_events, briefs->count);
  }
  briefs->count = 0;
  return 0;
}

/* After end_request(). */
REQUEST_SUBPROGRAM int tell_whole(struct request_slot* request) {
  __u32 used;
  if (!request) return 0;
  request->told.kind = event_request;
  used = request->told.used;
  if (used > phase_room) used = phase_room;
  if (used == 1) used = request->told.used = 0; /* CPU alone: the sums say it */
  if (bpf_ringbuf_output(
          &events, &request->told,
          __builtin_offsetof(struct request_event, phases) + used * sizeof(struct request_phase),
          BPF_RB_NO_WAKEUP)) {
    __sync_fetch_and_add(&lost_events, 1);
  } else if (request->told.name_number) {
    request->name_told = 1;
  }
  return 0;
}

/* By the thread that answered it, if that is the own one. */
REQUEST_SUBPROGRAM int tell_request(struct request_slot* request, struct worker_slot* worker) {
  if (!request || !worker) return 0;
  end_request(request);
  if (request->name_told && request->told.tid == worker->tid &&
      brief_of(request, &worker->briefs.requests[worker->briefs.count % brief_room])) {
    if (++worker->briefs.count >= brief_room) tell_briefs(worker);
    return 0;
  }
  return tell_whole(request);
}

/* Where the buffer of the thread's system call begins; 0: not known. */
REQUEST_SUBPROGRAM __u64 buffer_of_call(void) {
  const struct pt_regs* const registers =
      (const struct pt_regs*)bpf_task_pt_regs(bpf_get_current_task_btf());
  __u64 from = registers->si;
  switch (registers->orig_ax) {
    case 0:  /* read */
    case 1:  /* write */
    case 44: /* sendto */
    case 45: /* recvfrom */
      return from;
    case 46: /* sendmsg */
    case 47: /* recvmsg: the vector's place in the message's head */
      if (bpf_probe_read_user(&from, sizeof(from), (const void*)(from + 16))) return 0;
      __attribute__((fallthrough));
    case 19:  /* readv */
    case 20:  /* writev */
    case 327: /* preadv2 */
      return bpf_probe_read_user(&from, sizeof(from), (const void*)from) ? 0 : from;
    default:
      return 0;
  }
}

static __always_inline int begins_with_method(const char* text) {
  int i;
#pragma unroll
  for (i = 0; i < method_letters; ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return 0;
  }
  return 1;
}

/* The first bytes of what the thread has just read, and whether they may be a method of HTTP. */
static __always_inline int read_name(char* name) {
  const __u64 from = buffer_of_call();
  if (!from || bpf_probe_read_user(name, request_name_bytes, (const void*)from)) {
    __sync_fetch_and_add(&unread_names, 1);
    __builtin_memset(name, 0, request_name_bytes);
    return 0;
  }
  return begins_with_method(name);
}

/* What the thread reads or writes may begin with a method of HTTP. */
static __always_inline int passes_method(void) {
  char text[method_letters] = {};
  const __u64 from = buffer_of_call();
  return from && !bpf_probe_read_user(text, sizeof(text), (const void*)from) &&
         begins_with_method(text);
}

/* A name that comes again gets a number. */
static __always_inline void take_name(struct request_slot* request, const char* name,
                                      __u32 length) {
  const __u64* const now = (const __u64*)name;
  const __u64* const before = (const __u64*)request->told.name;
  __u64 differs = length ^ request->told.name_length;
  __u32 at;
#pragma unroll
  for (at = 0; at < request_name_bytes / sizeof(__u64); ++at) differs |= now[at] ^ before[at];
  if (differs) {
    request->told.name_length = length;
    request->told.name_number = request->name_told = 0;
    __builtin_memcpy(request->told.name, name, request_name_bytes);
  } else if (!request->told.name_number && name_numbers < most_name_numbers) {
    request->told.name_number = __sync_fetch_and_add(&name_numbers, 1) + 1;
  }
}

/* The thread's next event is of another request, or of none. */
static __always_inline void turn_to(struct worker_slot* worker, struct request_link link) {
  if (worker->unqueued && link.slot != worker->current.slot) {
    queue_current(worker, request_at(&worker->current));
  }
  worker->current = link;
}

static __noinline struct request_slot* take_request(struct connection* connection) {
  struct request_slot* request;
  __u32 at;
  if (!take_slot(&free_requests, &used_requests, most_requests, &at)) {
    __sync_fetch_and_add(&lost_connections, 1);
    connection->role = role_ignored;
    return 0;
  }
  connection->slot = at + 1;
  request = bpf_map_lookup_elem(&requests, &at);
  if (request) request->state = request_none;
  return request;
}

static __always_inline struct request_slot* request_of(struct connection* connection) {
  __u32 at = connection->slot - 1;
  return connection->slot ? bpf_map_lookup_elem(&requests, &at) : take_request(connection);
}

/* An event of a request that is only counted. Nothing is to be done while no other one's time has
 * to be told from it. */
static __always_inline void turn_to_counted(struct worker_slot* worker, int leads_up) {
  const struct request_link none = {};
  struct request_slot* before;
  if (worker->counting && !worker->slept && in_flight[0] <= 0) return;
  before = request_at(&worker->current);
  reach_counted(worker, before, bpf_ktime_get_ns(), leads_up);
  if (worker->unqueued) queue_current(worker, before);
  worker->current = none;
}

/* Its bytes came while requests were only counted. False if they are of a request that is followed,
 * or follow its answer. */
REQUEST_SUBPROGRAM int read_counted(struct connection* connection, struct worker_slot* worker) {
  struct request_slot* last = 0;
  __u32 at;
  if (!connection || !worker) return 0;
  at = connection->slot - 1;
  if (!connection->counted && connection->slot) last = bpf_map_lookup_elem(&requests, &at);
  if (last && last->state == request_working) return 0;
  if (connection->counted != counted_working) {
    const int method = connection->protocol != protocol_other && passes_method();
    if (!connection->protocol) connection->protocol = method ? protocol_http : protocol_other;
    if (connection->protocol == protocol_http && !method) {
      if (!connection->counted) return 0;
    } else {
      connection->counted = counted_working;
    }
  }
  turn_to_counted(worker, 0);
  connection->data_ready = 0;
  if (last && last->state == request_answered) tell_request(last, worker);
  return 1;
}

static __always_inline void write_counted(struct connection* connection,
                                          struct worker_slot* worker) {
  if (connection->counted == counted_working) {
    connection->counted = counted_answered;
    worker->counted += 1;
  }
  turn_to_counted(worker, 1);
}

REQUEST_SUBPROGRAM int read_more(struct connection* connection, struct request_slot* request,
                                 struct worker_slot* worker, __u64 now) {
  struct gap_cause cause = {.kind = time_other};
  if (!connection || !request || !worker) return 0;
  cause.data_ready = connection->data_ready;
  reach_event(worker, request_at(&worker->current), request, now, &cause);
  turn_to(worker, link_to(connection->slot, request));
  return 0;
}

static __always_inline void read_from_client(struct connection* connection,
                                             struct worker_slot* worker, __u32 bytes) {
  char name[request_name_bytes] __attribute__((aligned(8)));
  struct request_slot *request, *before;
  __u64 now;
  int method;
  if (connection->counted == counted_working || (following && !connection->data_ready)) {
    if (read_counted(connection, worker)) return;
  }
  request = request_of(connection);
  if (!request) return;
  now = bpf_ktime_get_ns();
  if (request->state == request_working) {
    read_more(connection, request, worker, now);
    request->told.bytes_in += bytes;
    connection->data_ready = 0;
    return;
  }
  method = read_name(name);
  if (!connection->protocol) connection->protocol = method ? protocol_http : protocol_other;
  if (!method && connection->protocol == protocol_http &&
      (request->state == request_answered || connection->counted)) {
    request->told.bytes_in += bytes; /* what follows "100 Continue", or a tunnel */
    connection->data_ready = 0;
    return;
  }
  before = request_at(&worker->current);
  finish_slice(worker, before, now);
  if (worker->unqueued) queue_current(worker, before);
  if (request->state == request_answered) tell_request(request, worker);
  begin_request(request, worker, now, connection->data_ready);
  connection->data_ready = 0;
  connection->counted = counted_not;
  request->told.bytes_in = bytes;
  take_name(request, name, bytes < request_name_bytes ? bytes : request_name_bytes);
  worker->current = link_to(connection->slot, request);
  worker->unqueued = 1;
  __sync_fetch_and_add(&in_flight[0], 1);
}

static __always_inline void write_to_client(struct connection* connection,
                                            struct worker_slot* worker, __u32 bytes) {
  const struct gap_cause cause = {.kind = time_gap};
  struct request_slot* request;
  __u64 now;
  __u32 at = connection->slot - 1;
  if (connection->counted) {
    write_counted(connection, worker);
    return;
  }
  if (!connection->slot) { /* or the service speaks first */
    __sync_fetch_and_add(&begun_before, 1);
    return;
  }
  request = bpf_map_lookup_elem(&requests, &at);
  if (!request || request->state == request_none) return;
  now = bpf_ktime_get_ns();
  lead_up_to(request, worker, now, &cause);
  if (request->state == request_working) __sync_fetch_and_add(&in_flight[0], -1);
  note_answer(request, worker, now, bytes);
  turn_to(worker, link_to(at + 1, request));
}
