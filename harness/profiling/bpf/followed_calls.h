/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What happens to calls of upstreams. */
#include "followed_requests.h"

/* The first one that was not answered, and of which nothing was seen where it was only read. */
static __always_inline struct request_slot* take_first(struct request_queue* queue, int only_read,
                                                       struct request_link* link) {
  int i;
#pragma unroll
  for (i = 0; i < 4; ++i) {
    struct request_slot* request;
    if (queue->count == 0) return 0;
    *link = queue->links[queue->first % waiting_room];
    queue->first += 1;
    queue->count -= 1;
    request = request_at(link);
    if (request && request->state == request_working && !(only_read && request->started)) {
      return request;
    }
  }
  return 0;
}

/* The request that a call is made for. Loops run handlers in the order in which they became ready;
 * after a sleep without any, it is one that waited for a timer. */
static __noinline struct request_slot* caller_of(struct worker_slot* worker,
                                                 struct request_link* link) {
  struct request_slot* request;
  if (worker->unqueued) queue_current(worker, request_at(&worker->current));
  request = take_first(&worker->next, 0, link);
  if (!request && worker->slept) request = take_first(&worker->waiting, 1, link);
  if (request) return request;
  *link = worker->current;
  request = request_at(link);
  if (request && may_call(request, worker)) return request;
  link->slot = 0;
  return 0;
}

static __always_inline void name_peer(struct call_slot* call, struct sock* sk) {
  struct peer_address address = {};
  __u32 number, *known;
  address.family = sk->__sk_common.skc_family;
  address.port = bpf_ntohs(sk->__sk_common.skc_dport);
  if (address.family == family_inet) {
    address.address[0] = sk->__sk_common.skc_daddr;
  } else {
    BPF_CORE_READ_INTO(&address.address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
  }
  known = bpf_map_lookup_elem(&peers, &address);
  if (known) {
    call->told.peer = *known;
    return;
  }
  number = __sync_fetch_and_add(&peer_count, 1) + 1;
  call->told.peer = bpf_map_update_elem(&peers, &address, &number, BPF_ANY) ? 0 : number;
}

static __always_inline struct call_slot* call_of(struct connection* connection) {
  __u32 at = connection->slot - 1;
  struct call_slot* call;
  if (connection->slot) return bpf_map_lookup_elem(&calls, &at);
  if (!take_slot(&free_calls, &used_calls, most_calls, &at)) {
    __sync_fetch_and_add(&lost_connections, 1);
    connection->role = role_ignored;
    return 0;
  }
  connection->slot = at + 1;
  following = following_all; /* what is called is told by the order in which they were read */
  call = bpf_map_lookup_elem(&calls, &at);
  if (call) __builtin_memset(call, 0, sizeof(*call));
  return call;
}

static __always_inline void tell_call(struct call_slot* call) {
  if (call->told.sent && call->told.first) {
    call->told.kind = event_call;
    if (bpf_ringbuf_output(&events, &call->told, sizeof(call->told), BPF_RB_NO_WAKEUP)) {
      __sync_fetch_and_add(&lost_events, 1);
    }
  }
  call->told.sent = call->told.first = call->told.last = 0;
  call->told.bytes_in = call->told.bytes_out = 0;
  call->told.chunks = 0;
}

static __noinline void connect_upstream(struct sock* sk) {
  const struct gap_cause cause = {.kind = time_gap};
  struct connection* const connection = connection_of(sk);
  struct worker_slot* const worker = own_worker(bpf_get_current_task_btf());
  struct request_slot* request;
  struct call_slot* call;
  if (!connection || !worker) return;
  connection->role = role_client;
  call = call_of(connection);
  if (!call) return;
  request = caller_of(worker, &call->request);
  lead_up_to(request, worker, bpf_ktime_get_ns(), &cause);
  call->fresh = 1;
  if (request) request->started = 1;
  turn_to(worker, call->request);
}

/* Bytes, modulo 2^32. */
static __always_inline __u32 received_by(struct sock* sk) {
  __u32 received = 0;
  bpf_core_read(&received, sizeof(received), &((struct tcp_sock*)sk)->rcv_nxt);
  return received;
}

static __noinline void write_to_upstream(struct connection* connection, struct worker_slot* worker,
                                         struct sock* sk, __u32 bytes) {
  struct call_slot* const call = call_of(connection);
  const __u64 now = bpf_ktime_get_ns();
  struct gap_cause cause = {.kind = time_gap};
  struct request_slot* request;
  int begins;
  if (!call) return;
  if (!call->told.peer) name_peer(call, sk);
  begins = !call->told.sent || call->told.first;
  if (begins) {
    const int method = passes_method();
    if (!call->protocol) call->protocol = method ? protocol_http : protocol_other;
    if (call->told.first && call->protocol == protocol_http && !method) {
      call->told.first = call->told.last = 0; /* the rest, after "100 Continue" */
      begins = 0;
    }
  }
  request = request_at(&call->request);
  if (begins) {
    tell_call(call);
    if (request && call->awaited) end_wait(request); /* nobody read that */
    call->awaited = 0;
    if (!call->fresh) request = caller_of(worker, &call->request);
  }
  if (call->fresh) cause.kind = time_upstream;
  cause.peer = call->told.peer;
  lead_up_to(request, worker, now, &cause);
  call->fresh = 0;
  if (begins) {
    call->told.sent = now;
    call->told.owned = request != 0;
    call->received = received_by(sk);
    if (request) request->told.calls += 1;
  }
  if (request && !call->awaited) begin_wait(request);
  call->awaited = 1;
  call->told.last_sent = now;
  call->told.bytes_out += bytes;
  if (request) request->started = 1;
  turn_to(worker, call->request); /* or to none */
}

static __noinline void answer_arrives(struct connection* connection, struct sock* sk) {
  struct call_slot* const call = connection->slot ? call_of(connection) : 0;
  const __u64 now = bpf_ktime_get_ns();
  struct chunk_event* event;
  __u32 received;
  if (!call || !call->told.sent) return;
  received = received_by(sk);
  /* The end of a connection counts as one byte. */
  if (sk->__sk_common.skc_state != tcp_established && received - call->received <= 1) return;
  call->received = received;
  if (!connection->data_ready) connection->data_ready = now;
  call->told.chunks += 1;
  if (!call->told.first) {
    call->told.first = call->told.last = now;
    return;
  }
  event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (event) {
    event->kind = event_chunk;
    event->peer = call->told.peer;
    event->gap = now > call->told.last ? now - call->told.last : 0;
    bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  } else {
    __sync_fetch_and_add(&lost_events, 1);
  }
  call->told.last = now;
}

REQUEST_SUBPROGRAM int read_from_upstream(struct connection* connection, struct worker_slot* worker,
                                          __u32 bytes) {
  struct gap_cause cause = {.kind = time_upstream};
  struct request_slot* request;
  struct call_slot* call;
  if (!connection || !worker || !connection->slot) return 0;
  call = call_of(connection);
  if (!call) return 0;
  cause.data_ready = connection->data_ready;
  cause.peer = call->told.peer;
  request = request_at(&call->request);
  if (request && call->awaited) end_wait(request);
  call->awaited = 0;
  reach_event(worker, request_at(&worker->current), request, bpf_ktime_get_ns(), &cause);
  connection->data_ready = 0;
  call->told.bytes_in += bytes;
  turn_to(worker, call->request);
  if (!request) return 0;
  request->started = 1;
  put_last(&worker->next, worker->current);
  return 0;
}
