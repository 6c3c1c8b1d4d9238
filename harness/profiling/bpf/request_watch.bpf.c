/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Follows the requests of one service from inside the kernel, by what happens to its TCP sockets
 * and by when its threads are on a CPU. No system call is traced: others pay for a comparison at
 * each switch, and at each read and write of a socket. Nothing is pinned: all of it goes with the
 * profiler's descriptors.
 */
// clang-format off
#include <linux/bpf.h>  /* before libbpf's, which use its types */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
// clang-format on

#include "followed_calls.h"

char own_license[] SEC("license") = "GPL";

SEC("tp_btf/sock_recv_length")
int BPF_PROG(received, struct sock* sk, int bytes, int flags) {
  const int peek = 2; /* MSG_PEEK */
  struct connection* connection;
  struct worker_slot* worker;
  if (bytes <= 0 || (flags & peek) || !is_ours() || !is_internet(sk)) return 0;
  connection = connection_of(sk);
  if (!connection || connection->role == role_ignored) return 0;
  worker = serving_worker(connection);
  if (!worker) return 0;
  if (connection->role == role_server) {
    read_from_client(connection, worker, (__u32)bytes);
  } else {
    read_from_upstream(connection, worker, (__u32)bytes);
  }
  return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sent, struct sock* sk, int bytes, int flags) {
  struct connection* connection;
  struct worker_slot* worker;
  if (bytes <= 0 || !is_ours() || !is_internet(sk)) return 0;
  connection = connection_of(sk);
  if (!connection || connection->role == role_ignored) return 0;
  worker = serving_worker(connection);
  if (!worker) return 0;
  if (connection->role == role_server) {
    write_to_client(connection, worker, (__u32)bytes);
  } else {
    write_to_upstream(connection, worker, sk, (__u32)bytes);
  }
  return 0;
}

/* In whatever context the bytes came. */
SEC("tp_btf/sk_data_ready")
int BPF_PROG(data_ready, const struct sock* const_sk) {
  struct sock* const sk = (struct sock*)const_sk;
  struct connection* connection;
  __u32 port;
  if (target == 0 || sk->__sk_common.skc_state == tcp_listen) return 0;
  port = sk->__sk_common.skc_num;
  if (serves(port)) {
    if (following == following_begun) return 0;
    connection = connection_of(sk);
    if (!connection) return 0;
    connection->role = role_server;
    if (!connection->data_ready) connection->data_ready = bpf_ktime_get_ns();
    return 0;
  }
  if (used_calls == 0) return 0;
  connection = known_connection(sk);
  if (connection && connection->role == role_client) answer_arrives(connection, sk);
  return 0;
}

/* A child that does is a service of its own, unless it is at the same port. */
static __noinline void begin_listening(__u32 port) {
  const __u32 process = (__u32)(bpf_get_current_pid_tgid() >> 32);
  __u64* const ports = process == target ? served_ports : other_ports;
  struct worker_slot* worker;
  if (!port) return;
  ports[(port >> 6) & 1023] |= (__u64)1 << (port & 63);
  if (process == target || serves(port)) return;
  bpf_map_delete_elem(&processes, &process);
  worker = known_worker(bpf_get_current_task_btf());
  if (worker) worker->foreign = 1;
}

static __noinline void end_connection(struct connection* connection) {
  __u32 at = connection->slot - 1;
  const __u32 role = connection->slot ? connection->role : role_unknown;
  if (connection->counted == counted_working) __sync_fetch_and_add(&aborted, 1);
  forget_connection(connection);
  if (role == role_server) {
    struct request_slot* const request = bpf_map_lookup_elem(&requests, &at);
    if (!request) return;
    if (request->state == request_answered) {
      end_request(request);
      tell_whole(request);
    }
    if (request->state == request_working) {
      __sync_fetch_and_add(&in_flight[0], -1);
      __sync_fetch_and_add(&aborted, 1);
    }
    request->state = request_none;
    request->serial += 1; /* no link leads here */
    bpf_map_push_elem(&free_requests, &at, 0);
  } else if (role == role_client) {
    struct call_slot* const call = bpf_map_lookup_elem(&calls, &at);
    if (!call) return;
    tell_call(call);
    bpf_map_push_elem(&free_calls, &at, 0);
  }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_changes, const struct sock* const_sk, int before, int after) {
  struct sock* const sk = (struct sock*)const_sk;
  struct connection* connection;
  if (target == 0 || sk->sk_protocol != protocol_tcp) return 0;
  switch (after) {
    case tcp_syn_sent:
      if (is_ours()) connect_upstream(sk);
      return 0;
    case tcp_listen:
      if (is_ours()) begin_listening(sk->__sk_common.skc_num);
      return 0;
    case tcp_fin_wait1:
    case tcp_last_ack:
    case tcp_close:
      connection = known_connection(sk);
      if (connection) end_connection(connection);
      return 0;
    default:
      return 0;
  }
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, int preempted, struct task_struct* before, struct task_struct* after,
             unsigned int state) {
  struct worker_slot* worker;
  const struct pt_regs* registers;
  if (target == 0) return 0;
  if (is_watched(before->tgid)) {
    worker = known_worker(before);
    if (worker) {
      __u32 left = left_ready;
      if (!preempted && state != 0) {
        registers = (const struct pt_regs*)bpf_task_pt_regs(before);
        left = left_for_of(registers->orig_ax, registers->di, registers->si, registers->dx,
                           how_left(state, worker->loops));
      }
      leave_cpu(worker, request_at(&worker->current), bpf_ktime_get_ns(),
                before->se.sum_exec_runtime, left,
                in_flight[0] > 0 || following == following_begun);
    }
  }
  if (is_watched(after->tgid)) {
    worker = own_worker(after);
    if (worker) enter_cpu(worker, request_at(&worker->current), bpf_ktime_get_ns());
  }
  return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakes, struct task_struct* woken) {
  struct worker_slot* worker;
  if (target == 0 || !is_watched(woken->tgid)) return 0;
  worker = known_worker(woken);
  if (worker) wake(worker, bpf_ktime_get_ns());
  return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(forks, struct task_struct* parent, struct task_struct* child) {
  const __u32 process = child->tgid;
  const __u8 one = 1;
  if (target == 0 || !is_watched(parent->tgid) || is_watched(process)) return 0;
  if (!bpf_map_update_elem(&processes, &process, &one, BPF_NOEXIST)) {
    __sync_fetch_and_add(&process_count, 1);
  }
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_ends, struct task_struct* task) {
  const __u32 process = task->tgid;
  struct worker_slot* worker;
  const __u32* index;
  __u64 now;
  __u32 at;
  if (target == 0 || !is_watched(process)) return 0;
  if (task->pid == (int)process && process != target) bpf_map_delete_elem(&processes, &process);
  index = bpf_task_storage_get(&worker_index, task, 0, 0);
  if (!index || *index == 0) return 0;
  at = *index - 1;
  bpf_task_storage_delete(&worker_index, task);
  worker = bpf_map_lookup_elem(&workers, &at);
  if (!worker) return 0;
  now = bpf_ktime_get_ns();
  __sync_fetch_and_add(&ended_cpu, cpu_of(worker, now) - worker->first_cpu);
  add_unowned(worker, worker->carried + unmarked_cpu(worker, now));
  __sync_fetch_and_add(&ended_unowned_cpu, worker->unowned_cpu);
  __sync_fetch_and_add(&ended_counted_cpu, worker->counted_cpu);
  __sync_fetch_and_add(&ended_counted, worker->counted);
  __sync_fetch_and_add(&ended_run_queue, worker->run_queue);
  tell_briefs(worker);
  __builtin_memset(worker, 0, __builtin_offsetof(struct worker_slot, briefs));
  bpf_map_push_elem(&free_workers, &at, 0);
  return 0;
}
