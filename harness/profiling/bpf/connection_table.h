/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* Which connection a socket is.
 *
 * It is looked up at each read and each write, by the socket's address: what is needed for that
 * takes as few of a CPU's cache lines and of its TLB's entries as possible. What the kernel keeps
 * of a socket for programs (BPF_MAP_TYPE_SK_STORAGE) is three cache lines away from it.
 */
#include "followed_sockets.h"

enum {
  piece_bits = 11, /* a socket is larger */
  row_bits = 4,    /* of entries, one each for neighbouring pieces: a cache line */
  index_rows_bits = 12,
  probes = 8,
  place_bits = 15,
  most_connections = 16384
};

enum { role_unknown, role_server, role_client, role_ignored };
enum counted_request { counted_not, counted_working, counted_answered };

struct connection {
  __u64 socket;     /* 0: none */
  __u64 data_ready; /* since when there is something to read; 0: nothing */
  __u32 slot;       /* of the request or the call, index + 1; 0: none yet */
  __u32 worker;     /* that served it last, index + 1 */
  __u8 role;
  __u8 protocol; /* of a client's, enum message_protocol */
  __u8 counted;  /* its last request is only counted: enum counted_request */
  __u8 unused[5];
};

/* Each entry: bits of a hash, and below those the place of the connection + 1; 0: none. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1 << (index_rows_bits + row_bits));
  __type(key, __u32);
  __type(value, __u32);
} connection_index SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, most_connections);
  __type(key, __u32);
  __type(value, struct connection);
} connections SEC(".maps");

__u32 used_connections = 0;

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, most_connections);
  __type(value, __u32);
} free_connections SEC(".maps");

/* The same as long as the socket lives, and no other one's. */
static __always_inline __u64 number_of(const struct sock* sk) {
  return (__u64)sk -
         (__u64)&target; /* a distance: the verifier lets nobody reckon with addresses */
}

/* The kernel takes sockets from the same few pages: neighbours are in the same row. */
static __always_inline __u32 hash_of(__u64 socket) {
  return (__u32)(socket >> (piece_bits + row_bits)) * 0x9E3779B1U;
}

static __always_inline __u32* entry_of(__u64 socket, __u32 probe) {
  const __u32 row =
      ((hash_of(socket) >> (32 - index_rows_bits)) + probe * 0x2F) & ((1U << index_rows_bits) - 1);
  const __u32 at = row << row_bits | ((socket >> piece_bits) & ((1U << row_bits) - 1));
  return bpf_map_lookup_elem(&connection_index, &at);
}

/* What its entry has above the place. */
static __always_inline __u32 mark_of(__u64 socket) {
  return hash_of(socket) << index_rows_bits >> place_bits << place_bits;
}

/* The connection of such an entry, if it is that socket's. */
static __always_inline struct connection* connection_at(__u32 entry, __u64 socket) {
  const __u32 place = (entry ^ mark_of(socket)) - 1;
  struct connection* connection;
  if (place >= most_connections) return 0;
  connection = bpf_map_lookup_elem(&connections, &place);
  return connection && connection->socket == socket ? connection : 0;
}

/* 0: not known. */
static __noinline struct connection* search_connection(__u64 socket) {
  __u32 probe;
#pragma unroll
  for (probe = 1; probe < probes; ++probe) {
    const __u32* const entry = entry_of(socket, probe);
    struct connection* const connection = entry ? connection_at(*entry, socket) : 0;
    if (connection) return connection;
  }
  return 0;
}

/* 0: not known. */
static __always_inline struct connection* known_connection(struct sock* sk) {
  const __u64 socket = number_of(sk);
  const __u32* const entry = entry_of(socket, 0);
  struct connection* const connection = entry ? connection_at(*entry, socket) : 0;
  return connection ? connection : search_connection(socket);
}

/* An entry of a connection that is at that place now, unless the other side of the socket, on
 * another CPU, was quicker. 0: it was, or there was no room. */
static __always_inline int add_entry(__u64 socket, __u32 place) {
  __u32 probe;
#pragma unroll
  for (probe = 0; probe < probes; ++probe) {
    __u32* const entry = entry_of(socket, probe);
    __u32 there;
    if (!entry) return 0;
    there = __sync_val_compare_and_swap(entry, 0, mark_of(socket) | (place + 1));
    if (!there) return 1;
    if (connection_at(there, socket)) return 0;
  }
  return 0;
}

static __noinline struct connection* add_connection(struct sock* sk) {
  const __u32 port = sk->__sk_common.skc_num;
  const __u64 socket = number_of(sk);
  struct connection* connection;
  __u32 place;
  if (!is_tcp(sk)) return 0;
  if (!take_slot(&free_connections, &used_connections, most_connections, &place)) {
    __sync_fetch_and_add(&lost_connections, 1);
    return 0;
  }
  connection = bpf_map_lookup_elem(&connections, &place);
  if (!connection) return 0;
  __builtin_memset(connection, 0, sizeof(*connection));
  connection->role = serves(port)                  ? role_server
                     : has_port(other_ports, port) ? role_ignored
                                                   : role_client;
  connection->socket = socket;
  IN_THIS_ORDER;
  if (add_entry(socket, place)) return connection;
  connection->socket = 0;
  bpf_map_push_elem(&free_connections, &place, 0);
  connection = known_connection(sk);
  if (!connection) __sync_fetch_and_add(&lost_connections, 1);
  return connection;
}

static __always_inline struct connection* connection_of(struct sock* sk) {
  struct connection* const known = known_connection(sk);
  return known ? known : add_connection(sk);
}

static __noinline void forget_connection(struct connection* connection) {
  const __u64 socket = connection->socket;
  __u32 probe;
#pragma unroll
  for (probe = 0; probe < probes; ++probe) {
    __u32* const entry = entry_of(socket, probe);
    if (entry && connection_at(*entry, socket) == connection) {
      const __u32 place = (*entry ^ mark_of(socket)) - 1;
      *entry = 0;
      IN_THIS_ORDER;
      connection->socket = 0;
      bpf_map_push_elem(&free_connections, &place, 0);
      return;
    }
  }
}

static __noinline struct worker_slot* changed_worker(struct connection* connection) {
  struct task_struct* const task = bpf_get_current_task_btf();
  struct worker_slot* const worker = own_worker(task);
  const __u32* const index = bpf_task_storage_get(&worker_index, task, 0, 0);
  if (worker && index) connection->worker = *index;
  return worker;
}

/* The own one, by what is known of the connection: that is quicker. */
static __always_inline struct worker_slot* serving_worker(struct connection* connection) {
  struct worker_slot* worker;
  __u32 at = connection->worker - 1;
  if (connection->worker) {
    worker = bpf_map_lookup_elem(&workers, &at);
    if (worker && worker->tid == (__u32)bpf_get_current_pid_tgid()) return worker;
  }
  return changed_worker(connection);
}
