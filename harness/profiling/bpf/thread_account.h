/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* How a thread's time is divided into waits for a loop's descriptors and the slices between them,
 * and a slice's time into its causes. C that the kernel side runs, the profiler reads and the unit
 * tests feed with lists of events: no map, no helper, no clock in here. Times are nanoseconds of
 * CLOCK_MONOTONIC. Thread safety: a thread's slot is changed by that thread alone while it runs,
 * and by who wakes it or switches to it while it does not.
 */
#ifndef REGATTA_THREAD_ACCOUNT_H
#define REGATTA_THREAD_ACCOUNT_H

#include <linux/types.h>

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#define ACCOUNT_FUNCTION inline
#define ACCOUNT_SUBPROGRAM inline
#else
#define ACCOUNT_FUNCTION static inline __attribute__((always_inline))
/* The kernel's verifier looks at it once, instead of at each of its calls. */
#define ACCOUNT_SUBPROGRAM __attribute__((noinline))
#endif

/* A wait of a loop inside the callback, in place of its descriptor. */
static const __u64 inner_loop = (__u64)-1;

enum {
  call_shares = 6,
  register_count = 17,
  no_call = -1,
  open_words = 16,
  patience = 16 /* slices in a row that got long and did not reach the threshold */
};

/* The steps of harness/statistics/duration_histogram.hpp. */
enum { bucket_steps = 64, bucket_bits = 44, bucket_count = (bucket_bits - 5) * bucket_steps };

enum thread_mode {
  mode_user,
  mode_kernel,
  mode_blocked,
  mode_runnable,
  mode_stopped,
  mode_fault,
  mode_cpu /* on a CPU; where its system calls are not watched, nobody knows which of the two */
};

/* What of the kernel's events is watched. Bystanders pay for the second with each of their system
 * calls, and five times as much for the third. */
enum watch_stage { stage_switches, stage_waits, stage_calls };

/* What a thread waits for its descriptors by; a stronger one shows that the weaker ones were calls
 * of its callbacks. */
enum wait_kind { wait_none, wait_poll, wait_uring, wait_epoll };

/* Time spent waiting in one system call. */
struct call_share {
  __u64 time;
  __u64 first;  /* its first argument: a descriptor, or the address of a futex */
  __u32 second; /* the lower halves of the next two */
  __u32 third;
  __s32 call;
  __u32 owner; /* of a lock: the thread that held it; 0 if not known */
};

/* The parts of a slice sum up to its length. */
struct slice_ledger {
  __u64 user, kernel, run_queue, fault, stopped;
  __u64 cpu;                      /* on a CPU, user and kernel not told apart */
  __u64 other_calls;              /* in more different calls than there is room for */
  __u32 used;                     /* of calls */
  __u32 user_ticks, kernel_ticks; /* looks at that CPU time */
  __u32 unused;
  struct call_share calls[call_shares];
};

struct thread_slot {
  __u32 tid;
  __u32 process;
  __u32 mode;    /* enum thread_mode */
  __u32 exact;   /* its system calls are watched */
  __u32 stage;   /* enum watch_stage, when it was last looked at */
  __u32 blind;   /* while it was on a CPU since then its loop may have waited unseen */
  __u64 changed; /* when its mode began */
  __s32 call;    /* the system call it is in */
  __u32 owner;   /* of the lock it waits for; 0 if not known */
  __u64 argument[3];
  __u64 call_began;
  __u64 call_waited;   /* of the call it is in: time off the CPU and not ready for it */
  __u32 wait_kind;     /* enum wait_kind */
  __u32 loop;          /* index + 1; 0: none yet */
  __u64 key;           /* of that loop */
  __u64 wait_began;    /* 0: it does not wait */
  __u32 parked;        /* it waits for another thread of its loop, not for descriptors */
  __u32 captured;      /* stacks of this slice: 1 at half the threshold, 2 past it */
  __u64 captured_call; /* the longest wait in a call that a stack was taken of */
  __u64 slice_began;   /* 0: it is in no slice */
  __u64 slice;         /* serial number */
  __u64 slices;
  struct slice_ledger ledger;
  __u64 unseen;       /* of this slice: time on a CPU in which it may have waited unseen */
  __u64 unseen_until; /* the end of the last of it */
  __u64 sure;         /* the longest time in between */
  __u64 left;         /* a slice after whose begin its loop was closed: the profiler writes it */
  __u64 awake;        /* time on a CPU since it last came back from a wait that it slept in */
  __u64 suspected;    /* when it had not slept for long, as seen last */
  __u32 told;         /* of this slice: 1 that its loop does not sleep, 2 that it gets long */
  __u32 in_vain;      /* slices that were told to get long since one reached the threshold */
  __u32 asleep;       /* in the wait that lasts */
  __u32 known_descriptors;       /* bits of what follows; 0: nothing is known */
  __u64 descriptors[open_words]; /* that were open when it last began to wait */
  __s32 last_call;               /* the one before, for restart_syscall to go on with */
  __u32 outer;                   /* of a loop inside a callback of another: that one's index + 1 */
  __u64 outer_key, outer_slice, outer_began, outer_left;
  struct slice_ledger outer_ledger; /* until the thread went into the inner loop */
  __u64 registers[register_count];  /* when it last began to wait inside a slice */
};

struct loop_slot {
  __u64 key;
  __u32 process;
  __u32 kind;
  __u32 call;    /* what it was last waited for by */
  __u32 threads; /* that serve it now */
  __u64 iterations, waiting, working, longest;
  __u64 slices[bucket_count];
};

/* x86-64's numbers. */
enum watched_call {
  call_close = 3,
  call_poll = 7,
  call_select = 23,
  call_futex = 202,
  call_restart = 219,
  call_epoll_wait = 232,
  call_pselect6 = 270,
  call_ppoll = 271,
  call_epoll_pwait = 281,
  call_io_uring_enter = 426,
  call_epoll_pwait2 = 441
};

ACCOUNT_FUNCTION int is_epoll(long call) {
  return call == call_epoll_wait || call == call_epoll_pwait || call == call_epoll_pwait2;
}

/* What the call would be a wait of, if its thread is a loop's. A poll of one descriptor is what a
 * blocking client does: it makes no loop. `descriptors`: of select, how many it asks for. */
ACCOUNT_FUNCTION __u32 wait_kind_of(long call, __u64 second, __u64 third, __u64 fourth,
                                    __u32 descriptors) {
  if (is_epoll(call)) return wait_epoll;
  if (call == call_io_uring_enter) return third > 0 && (fourth & 1) ? wait_uring : wait_none;
  if (call == call_poll || call == call_ppoll) return second > 1 ? wait_poll : wait_none;
  if (call == call_select || call == call_pselect6) return descriptors > 1 ? wait_poll : wait_none;
  return wait_none;
}

/* Whether a thread's call is a wait of its loop. An epoll_wait that does not wait may be a look of
 * a loop that waits by poll, as GLib's. */
ACCOUNT_FUNCTION int is_loop_wait(const struct thread_slot* thread, __u32 kind, int waits) {
  if (kind == wait_none || kind < thread->wait_kind) return 0;
  return kind == thread->wait_kind || thread->wait_kind == wait_none || waits;
}

/* A wait for a condition variable, a semaphore or a future: any that is not for the value 2,
 * "taken, and waited for", of glibc's locks. Where several threads serve one loop, it is how those
 * park that have nothing to do. */
ACCOUNT_FUNCTION int is_condition_wait(long call, __u64 second, __u64 third) {
  const __u32 command = (__u32)second & 127;
  if (call != call_futex) return 0;
  if (command == 0) return (__u32)third != 2; /* FUTEX_WAIT */
  return command == 9 || command == 11;       /* FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI */
}

ACCOUNT_FUNCTION int is_lock_wait(long call, __u64 second, __u64 third) {
  return call == call_futex && ((__u32)second & 127) == 0 && (__u32)third == 2;
}

/* Which of a call's arguments is a path; -1: none. x86-64's numbers. */
ACCOUNT_FUNCTION int path_argument(long call) {
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
      return 0;
    case 257: /* openat */
    case 262: /* newfstatat */
    case 263: /* unlinkat */
    case 264: /* renameat */
    case 316: /* renameat2 */
    case 332: /* statx */
      return 1;
    default:
      return -1;
  }
}

ACCOUNT_FUNCTION __u32 bucket_of(__u64 duration) {
  const __u64 most = ((__u64)1 << bucket_bits) - 1;
  __u64 value = duration > most ? most : duration;
  __u32 shift = 0;
  __u32 bucket;
  if (value < bucket_steps) return (__u32)value;
  if (value >> 32) shift += 32, value >>= 32;
  if (value >> 16) shift += 16, value >>= 16;
  if (value >> 8) shift += 8, value >>= 8;
  if (value >> 4) shift += 4, value >>= 4;
  if (value >> 2) shift += 2, value >>= 2;
  if (value >> 1) shift += 1;
  shift -= 6; /* of the highest bit, to that of the 64 steps */
  value = duration > most ? most : duration;
  bucket = (shift + 1) * bucket_steps + (__u32)((value >> shift) - bucket_steps);
  return bucket < bucket_count ? bucket : bucket_count - 1;
}

ACCOUNT_SUBPROGRAM int charge_call(struct thread_slot* thread, __u64 time) {
  struct slice_ledger* ledger;
  int i;
  if (!thread) return 0;
  ledger = &thread->ledger;
  thread->call_waited += time;
#ifdef __clang__
#pragma unroll
#endif
  for (i = 0; i < call_shares; ++i) {
    struct call_share* share = &ledger->calls[i];
    if ((__u32)i == ledger->used) {
      ledger->used = i + 1;
      share->time = 0;
      share->call = thread->call;
      share->first = thread->argument[0];
      share->second = (__u32)thread->argument[1];
      share->third = (__u32)thread->argument[2];
      share->owner = thread->owner;
    }
    if (share->call == thread->call && share->first == thread->argument[0]) {
      share->time += time;
      return 0;
    }
  }
  ledger->other_calls += time;
  return 0;
}

/* To be called before an event is noted: which stage it is by now. */
ACCOUNT_FUNCTION void settle(struct thread_slot* thread, __u32 stage) {
  const int exact = stage == stage_calls;
  thread->blind = stage == stage_switches || thread->stage == stage_switches;
  thread->stage = stage;
  thread->exact = (__u32)exact;
  if (!exact && (thread->mode == mode_user || thread->mode == mode_kernel)) thread->mode = mode_cpu;
}

ACCOUNT_FUNCTION int is_on_cpu(const struct thread_slot* thread) {
  return thread->mode == mode_user || thread->mode == mode_kernel || thread->mode == mode_cpu;
}

/* The longest time for which its slice has surely been one, without a wait that nobody saw. */
ACCOUNT_FUNCTION __u64 sure_of(const struct thread_slot* thread, __u64 now) {
  const __u64 since = now > thread->unseen_until ? now - thread->unseen_until : 0;
  return since > thread->sure ? since : thread->sure;
}

/* Everything up to now belongs to the mode the thread was in. */
ACCOUNT_SUBPROGRAM int charge(struct thread_slot* thread, __u64 now) {
  __u64 passed;
  if (!thread || now <= thread->changed) return 0; /* another CPU's clock */
  passed = now - thread->changed;
  thread->changed = now;
  if (is_on_cpu(thread)) thread->awake += passed;
  if (!thread->slice_began) return 0;
  switch (thread->mode) {
    case mode_user:
      thread->ledger.user += passed;
      break;
    case mode_kernel:
      thread->ledger.kernel += passed;
      break;
    case mode_blocked:
      charge_call(thread, passed);
      break;
    case mode_runnable:
      thread->ledger.run_queue += passed;
      break;
    case mode_stopped:
      thread->ledger.stopped += passed;
      break;
    case mode_cpu:
      thread->ledger.cpu += passed;
      if (thread->blind) {
        thread->sure = sure_of(thread, now - passed);
        thread->unseen += passed;
        thread->unseen_until = now;
      }
      break;
    default:
      thread->ledger.fault += passed;
  }
  return 0;
}

ACCOUNT_FUNCTION void on_call_begins(struct thread_slot* thread, __u64 now, long call, __u64 first,
                                     __u64 second, __u64 third) {
  charge(thread, now);
  thread->mode = mode_kernel;
  thread->owner = 0;
  thread->call_began = now;
  thread->call_waited = 0;
  if (call == call_restart) { /* a stop interrupted it; its arguments are still there */
    thread->call = thread->last_call;
    return;
  }
  thread->call = thread->last_call = (__s32)call;
  thread->argument[0] = first;
  thread->argument[1] = second;
  thread->argument[2] = third;
}

ACCOUNT_FUNCTION void on_call_ends(struct thread_slot* thread, __u64 now) {
  charge(thread, now);
  thread->mode = mode_user;
  thread->call = no_call;
}

/* -ERESTARTSYS to -ERESTART_RESTARTBLOCK: after the signal it goes on, unless a handler of the
 * program runs in between. */
ACCOUNT_FUNCTION int will_restart(long result) { return result <= -512 && result >= -516; }

/* __TASK_STOPPED, __TASK_TRACED, TASK_FROZEN. */
ACCOUNT_FUNCTION int is_stop(__u32 state) { return (state & (4 | 8 | 0x8000)) != 0; }

/* It leaves its CPU, `ready` to go on or not; `state` is the kernel's task state. */
ACCOUNT_FUNCTION void on_switch_out(struct thread_slot* thread, __u64 now, int ready, __u32 state) {
  charge(thread, now);
  if (ready) {
    thread->mode = mode_runnable;
  } else if (is_stop(state)) {
    thread->mode = mode_stopped;
  } else if (thread->call != no_call) {
    thread->mode = mode_blocked;
  } else { /* a page fault cannot be interrupted; what can is the freezer of cgroups */
    thread->mode = state & 2 ? mode_fault : mode_stopped;
  }
}

ACCOUNT_FUNCTION void on_wakeup(struct thread_slot* thread, __u64 now) {
  if (is_on_cpu(thread)) return; /* it has not left yet */
  charge(thread, now);
  thread->mode = mode_runnable;
}

ACCOUNT_FUNCTION void on_switch_in(struct thread_slot* thread, __u64 now) {
  charge(thread, now);
  if (thread->exact) {
    thread->mode = thread->call != no_call ? mode_kernel : mode_user;
  } else {
    thread->mode = mode_cpu;
    thread->call = no_call; /* or in it still, but not for long */
  }
}

/* What a thread is in when it leaves the CPU, as its registers say. -1: in no call. */
ACCOUNT_FUNCTION void note_call(struct thread_slot* thread, __u64 now, long call, __u64 first,
                                __u64 second, __u64 third) {
  if (call < 0) {
    thread->call = no_call;
    return;
  }
  if (call == call_restart) { /* its arguments are still there */
    thread->call = thread->last_call;
    return;
  }
  if (thread->exact && thread->call == (__s32)call) return;
  thread->owner = 0;
  thread->call_began = now;
  thread->call_waited = 0;
  thread->call = thread->last_call = (__s32)call;
  thread->argument[0] = first;
  thread->argument[1] = second;
  thread->argument[2] = third;
}

/* Whether the descriptor was made since the thread last waited, as far as that is known. */
ACCOUNT_FUNCTION int was_made_since(const struct thread_slot* thread, __u64 descriptor) {
  if (!thread->known_descriptors || descriptor >= 64 * open_words) return 0;
  if (descriptor >= thread->known_descriptors) return 1;
  return !(thread->descriptors[descriptor / 64] >> (descriptor % 64) & 1);
}

/* The slice's length; its ledger stays until the next one begins. 0: there was none. */
ACCOUNT_SUBPROGRAM __u64 end_slice(struct thread_slot* thread, struct loop_slot* loop, __u64 now) {
  __u64 length;
  if (!thread || !loop || !thread->slice_began) return 0;
  length = now > thread->slice_began ? now - thread->slice_began : 0;
  thread->slice_began = 0;
  __sync_fetch_and_add(&loop->working, length);
  __sync_fetch_and_add(&loop->slices[bucket_of(length)], 1);
  if (length > loop->longest) loop->longest = length;
  return length;
}

/* It goes into a loop that its callback has made: what is known of the callback is put aside. If
 * the thread never comes back to the outer loop, it has left that for good, and nothing was
 * blocked. */
ACCOUNT_FUNCTION void go_inside(struct thread_slot* thread, __u64 now) {
  charge(thread, now);
  thread->outer = thread->loop;
  thread->outer_key = thread->key;
  thread->outer_slice = thread->slice;
  thread->outer_began = thread->slice_began;
  thread->outer_left = now;
  thread->outer_ledger = thread->ledger;
  thread->slice_began = 0;
}

/* It waits for the outer loop again: the callback is over, and the inner loop was a call of it. The
 * thread has joined the outer loop already. */
ACCOUNT_FUNCTION void come_back(struct thread_slot* thread, __u64 now) {
  const __u64 waits_for = thread->argument[0];
  thread->ledger = thread->outer_ledger;
  thread->slice = thread->outer_slice;
  thread->slice_began = thread->outer_began;
  thread->changed = now;
  thread->argument[0] = inner_loop; /* by the call that is just made */
  if (now > thread->outer_left) charge_call(thread, now - thread->outer_left);
  thread->argument[0] = waits_for;
  thread->outer = 0;
}

ACCOUNT_FUNCTION void begin_wait(struct thread_slot* thread, __u64 now, int parked) {
  thread->wait_began = now;
  thread->parked = (__u32)parked;
}

/* Also where the wait's begin was not seen, because the profile began later. */
ACCOUNT_SUBPROGRAM int begin_slice(struct thread_slot* thread, struct loop_slot* loop, __u64 now) {
  if (!thread || !loop) return 0;
  if (thread->wait_began && now > thread->wait_began) {
    __sync_fetch_and_add(&loop->waiting, now - thread->wait_began);
  }
  if (!thread->parked) __sync_fetch_and_add(&loop->iterations, 1);
  thread->wait_began = 0;
  thread->parked = 0;
  thread->captured = 0;
  thread->captured_call = 0;
  thread->told = 0;
  thread->unseen = thread->sure = 0;
  thread->unseen_until = now;
  thread->slices += 1;
  thread->slice = thread->slices;
  thread->slice_began = now;
  thread->changed = now;
  thread->ledger.user = thread->ledger.kernel = thread->ledger.run_queue = 0;
  thread->ledger.fault = thread->ledger.stopped = thread->ledger.other_calls = 0;
  thread->ledger.cpu = 0;
  thread->ledger.used = thread->ledger.user_ticks = thread->ledger.kernel_ticks = 0;
  return 0;
}

/* The slice so far, without what somebody stopped the thread. */
ACCOUNT_FUNCTION __u64 slice_age(const struct thread_slot* thread, __u64 now) {
  const __u64 lost =
      thread->slice_began + thread->ledger.stopped +
      (thread->mode == mode_stopped && now > thread->changed ? now - thread->changed : 0);
  return thread->slice_began && now > lost ? now - lost : 0;
}

/* Whether its slice, so old by now and with this ledger, may become longer than the threshold by
 * what it does on a CPU: then all calls are watched, for which everybody pays. Later where no slice
 * ever does. */
ACCOUNT_FUNCTION int gets_long(const struct thread_slot* thread, const struct slice_ledger* ledger,
                               __u64 age, __u64 threshold) {
  return age >= (thread->in_vain < patience ? threshold / 4 : threshold / 2) &&
         ledger->cpu + ledger->user + ledger->kernel >= threshold / 8;
}

/* The slice that ends now, of that length, was told to get long, or not. */
ACCOUNT_FUNCTION void note_outcome(struct thread_slot* thread, __u64 length, __u64 threshold) {
  if (length >= threshold) {
    thread->in_vain = 0;
  } else if ((thread->told & 2) && thread->in_vain < patience) {
    thread->in_vain += 1;
  }
  thread->told &= ~2U; /* once a slice */
}

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
