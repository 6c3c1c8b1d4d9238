/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What request_watch.bpf.c shares with the profiler. */
#ifndef REGATTA_REQUEST_EVENTS_H
#define REGATTA_REQUEST_EVENTS_H

#include "request_account.h"

#ifdef __cplusplus
namespace regatta::profiling::kernel_side {
#endif

enum {
  most_workers = 2048,
  most_requests = 8192, /* connections of clients at a time */
  most_calls = 4096,    /* connections to upstreams at a time */
  most_peers = 1024,
  most_processes = 256,
  most_name_numbers = 1 << 20
};

enum watch_event_kind { event_request, event_briefs, event_call, event_chunk };

/* Which requests are followed, one by one. All are counted. */
enum following {
  following_all,
  following_arrivals, /* those whose first bytes come now */
  following_begun     /* those that came while they were */
};

/* The other end of a connection. */
struct peer_address {
  __u32 family; /* 2 or 10 */
  __u32 port;
  __u32 address[4]; /* as in the packet */
};

/* A call of an upstream, as it crosses the ring. */
struct call_event {
  __u32 kind;                         /* enum watch_event_kind */
  __u32 peer;                         /* its number + 1 */
  __u64 sent, last_sent, first, last; /* first and last bytes of the answer; 0: none yet */
  __u64 bytes_in, bytes_out;
  __u32 chunks;
  __u32 owned; /* a request made it */
};

/* Its first message began with a method of HTTP, or not. */
enum message_protocol { protocol_unknown, protocol_http, protocol_other };

/* A connection to an upstream, and its last call. */
struct call_slot {
  struct call_event told;
  struct request_link request;
  __u32 received; /* the kernel's count of bytes that came */
  __u32 fresh;    /* connected, and nothing was sent yet */
  __u32 awaited;  /* nothing of the answer was read yet */
  __u32 protocol; /* enum message_protocol */
};

/* A chunk of an answer that was not the first. */
struct chunk_event {
  __u32 kind; /* enum watch_event_kind */
  __u32 peer; /* its number + 1 */
  __u64 gap;  /* since the one before */
};

#ifdef __cplusplus
} /* namespace regatta::profiling::kernel_side */
#endif

#endif
