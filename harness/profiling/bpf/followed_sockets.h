/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/* What is known of the service's sockets and threads, kernel side. After libbpf's headers. */
#include "request_events.h"

/* The few fields that are needed; where they lie in this kernel is found when the program is
 * loaded. */
struct sched_entity {
  __u64 sum_exec_runtime;
} __attribute__((preserve_access_index));

struct task_struct {
  int pid;
  int tgid;
  struct sched_entity se;
} __attribute__((preserve_access_index));

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, sp;
} __attribute__((preserve_access_index));

struct in6_addr {
  union {
    __u32 u6_addr32[4];
  } in6_u;
} __attribute__((preserve_access_index));

struct sock_common {
  union {
    struct {
      __u32 skc_daddr;
      __u32 skc_rcv_saddr;
    };
  };
  union {
    struct {
      __u16 skc_dport;
      __u16 skc_num;
    };
  };
  unsigned short skc_family;
  volatile unsigned char skc_state;
  struct in6_addr skc_v6_daddr;
} __attribute__((preserve_access_index));

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
} __attribute__((preserve_access_index));

struct tcp_sock {
  __u32 rcv_nxt;
} __attribute__((preserve_access_index));

enum {
  protocol_tcp = 6,
  tcp_established = 1,
  tcp_syn_sent = 2,
  tcp_fin_wait1 = 4,
  tcp_close = 7,
  tcp_last_ack = 9,
  tcp_listen = 10,
  family_inet = 2,
  family_inet6 = 10
};

__u32 target = 0; /* the process; 0: none yet */
__u32 following = following_all;
__u32 process_count = 0; /* of processes, its children */
__u64 lost_events = 0;   /* no room in the ring */
__u64 lost_workers = 0;  /* no slot left */
__u64 lost_connections = 0;
__u64 begun_before = 0; /* answers of requests whose begin was not seen */
__u64 aborted = 0;      /* closed before they were answered */
__u64 unread_names = 0; /* read by a call whose buffer is not found */
/* Of threads that ended. */
__u64 ended_cpu = 0, ended_unowned_cpu = 0, ended_run_queue = 0;
__u64 ended_counted = 0, ended_counted_cpu = 0;
__u32 peer_count = 0;
__u32 name_numbers = 0;
__u64 served_ports[1024] = {}; /* one bit a port */
__u64 other_ports[1024] = {};  /* those of its children, which are services of their own */

/* The first is meant. It changes with each request, and is on cache lines that no other process's
 * CPU reads. */
int in_flight[32] __attribute__((aligned(128))) = {};

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u32); /* index + 1 in workers */
} worker_index SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_workers);
  __type(key, __u32);
  __type(value, struct worker_slot);
} workers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_requests);
  __type(key, __u32);
  __type(value, struct request_slot);
} requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, most_calls);
  __type(key, __u32);
  __type(value, struct call_slot);
} calls SEC(".maps");

/* Slots that were used and are free; the last one in is the first one out. The others follow the
 * ones that were used. */
__u32 used_workers = 0, used_requests = 0, used_calls = 0;

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, most_workers);
  __type(value, __u32);
} free_workers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, most_requests);
  __type(value, __u32);
} free_requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, most_calls);
  __type(value, __u32);
} free_calls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, most_peers);
  __type(key, struct peer_address);
  __type(value, __u32); /* number + 1 */
} peers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, most_processes);
  __type(key, __u32);
  __type(value, __u8);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 16 << 20);
} events SEC(".maps");

static __always_inline int take_slot(void* free, __u32* used, __u32 most, __u32* at) {
  if (!bpf_map_pop_elem(free, at)) return 1;
  if (*used >= most) return 0;
  *at = __sync_fetch_and_add(used, 1);
  return *at < most;
}

static __always_inline int is_watched(__u32 process) {
  return process == target || (process_count && bpf_map_lookup_elem(&processes, &process));
}

static __always_inline int is_ours(void) {
  return target != 0 && is_watched((__u32)(bpf_get_current_pid_tgid() >> 32));
}

static __always_inline int has_port(const __u64* ports, __u32 port) {
  return (int)(ports[(port >> 6) & 1023] >> (port & 63) & 1);
}
static __always_inline int serves(__u32 port) { return has_port(served_ports, port); }

static __always_inline int is_internet(struct sock* sk) {
  const __u32 family = sk->__sk_common.skc_family;
  return family == family_inet || family == family_inet6;
}

static __always_inline int is_tcp(struct sock* sk) {
  return is_internet(sk) && sk->sk_protocol == protocol_tcp;
}

static __always_inline struct worker_slot* known_worker(struct task_struct* task) {
  const __u32* const index = bpf_task_storage_get(&worker_index, task, 0, 0);
  __u32 at;
  if (!index || *index == 0) return 0;
  at = *index - 1;
  return bpf_map_lookup_elem(&workers, &at);
}

static __noinline struct worker_slot* take_worker(struct task_struct* task, __u32* index) {
  struct worker_slot* worker;
  __u32 at;
  if (!take_slot(&free_workers, &used_workers, most_workers, &at)) {
    __sync_fetch_and_add(&lost_workers, 1);
    return 0;
  }
  worker = bpf_map_lookup_elem(&workers, &at);
  if (!worker) return 0;
  worker->on = bpf_ktime_get_ns();
  worker->marked = worker->on;
  worker->slept = 1;
  worker->cpu = worker->first_cpu = worker->marked_cpu = task->se.sum_exec_runtime;
  worker->process = task->tgid;
  worker->tid = task->pid;
  *index = at + 1;
  return worker;
}

static __always_inline struct worker_slot* own_worker(struct task_struct* task) {
  __u32* const index = bpf_task_storage_get(&worker_index, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  __u32 at;
  if (!index) return 0;
  if (*index == 0) return take_worker(task, index);
  at = *index - 1;
  return bpf_map_lookup_elem(&workers, &at);
}

static __always_inline struct request_slot* request_at(const struct request_link* link) {
  __u32 at = link->slot - 1;
  struct request_slot* request;
  if (!link->slot) return 0;
  request = bpf_map_lookup_elem(&requests, &at);
  return request && request->serial == link->serial && request->state != request_none ? request : 0;
}

static __always_inline struct request_link link_to(__u32 slot, const struct request_slot* request) {
  const struct request_link link = {slot, request->serial};
  return link;
}
