/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What a request's time goes to, and what a thread that leaves its CPU waits for: x86-64's system
 * calls. C that the kernel side runs and the unit tests call: no map, no helper, no clock in here.
 */
#ifndef REGATTA_CALL_WAITS_H
#define REGATTA_CALL_WAITS_H

#include <linux/types.h>

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#define REQUEST_FUNCTION inline
#define REQUEST_SUBPROGRAM inline
#else
/* The kernel's verifier looks at it once, instead of at each of its calls: that is most of what
 * loading the programs takes. What each request runs through is shorter without what is rare, too.
 */
#define REQUEST_SUBPROGRAM __attribute__((noinline))
#define REQUEST_FUNCTION static inline __attribute__((always_inline))
#endif

/* What a request's time goes to. */
enum time_kind {
  time_cpu,
  time_upstream, /* until an answer's bytes had arrived, connecting included */
  time_disk,
  time_sleep, /* its thread slept in a call that does only that */
  time_lock,  /* a futex: a lock, a condition, another thread's result */
  time_other,
  time_run_queue, /* its thread could run and got no CPU */
  time_lag,       /* bytes had arrived from upstream, and its loop was busy with others */
  time_gap,       /* its loop did not work on it: a timer, another thread, or busy with others */
  time_kinds
};

enum left_for {
  left_ready, /* preempted */
  left_loop,
  left_net,
  left_disk,
  left_sleep,
  left_lock,
  left_other
};

REQUEST_FUNCTION __u32 time_of_left(__u32 left) {
  switch (left) {
    case left_disk:
      return time_disk;
    case left_sleep:
      return time_sleep;
    case left_lock:
      return time_lock;
    default:
      return time_other;
  }
}

/* How a thread leaves its CPU. */
enum { how_loops = 1 /* it waits for many descriptors at once */, how_uninterruptible = 2 };

/* The kernel's `state` of it; whether it `loops`. */
REQUEST_FUNCTION __u32 how_left(__u32 state, __u32 loops) {
  return (state & how_uninterruptible) | (loops ? how_loops : 0);
}

/* What a thread that leaves its CPU waits for; x86-64's numbers. `how`: by how_left(). */
REQUEST_SUBPROGRAM __u32 left_for_of(long call, __u64 first, __u64 second, __u64 third, __u32 how) {
  switch (call) {
    case 232: /* epoll_wait */
    case 281: /* epoll_pwait */
    case 441: /* epoll_pwait2 */
    case 426: /* io_uring_enter */
      return left_loop;
    case 7:   /* poll */
    case 271: /* ppoll */
      return second == 0 ? left_sleep : second == 1 ? left_net : left_loop;
    case 23:  /* select */
    case 270: /* pselect6 */
      return first == 0 ? left_sleep : left_loop;
    case 35:  /* nanosleep */
    case 230: /* clock_nanosleep */
      return left_sleep;
    case 202: /* futex: the value 2 is "taken, and waited for" of glibc's locks; others are how the
                 threads of a shared loop park */
      return (how & how_loops) && (__u32)third != 2 ? left_loop : left_lock;
    case 73: /* flock */
    case 72: /* fcntl */
      return left_lock;
    default:
      break;
  }
  if (how & how_uninterruptible) return left_disk;
  switch (call) {
    case 0:   /* read */
    case 1:   /* write */
    case 19:  /* readv */
    case 20:  /* writev */
    case 42:  /* connect */
    case 43:  /* accept */
    case 44:  /* sendto */
    case 45:  /* recvfrom */
    case 46:  /* sendmsg */
    case 47:  /* recvmsg */
    case 288: /* accept4 */
      return left_net;
    default:
      return left_other;
  }
}

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
