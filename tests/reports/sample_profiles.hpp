// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "harness/profiling/profile_result.hpp"

namespace regatta::test {

inline profiling::profile_frame sample_frame(std::string function, std::string file = "",
                                             unsigned line = 0) {
  profiling::profile_frame frame;
  frame.function = std::move(function);
  frame.file = std::move(file);
  frame.line = line;
  frame.module = "/srv/app";
  frame.address = 0xffff'8000'1234'5678;
  return frame;
}

/// Two loops, one blocked in three ways; ten seconds.
inline profiling::profile_result sample_profile() {
  using namespace profiling;
  using namespace std::chrono_literals;
  profile_result profile;
  profile.tier = profile_tier::ebpf;
  profile.process = {4711, "app", "app --serve 127.0.0.1:8080"};
  profile.started = std::chrono::system_clock::time_point(1'790'000'000'123ms);
  profile.duration = 10s;
  profile.threshold = 100ms;
  profile.notes = {"The kernel refused a CPU clock."};
  profile.cost = {.attach = 21ms,
                  .cpu = 130ms,
                  .events = 8123,
                  .dropped = 2,
                  .waits_watched = 1s,
                  .calls_watched = 40ms,
                  .programs_share = 0.01};
  profile.process_end = "exited with code 3";

  const profile_frame start = sample_frame("_start"),
                      main = sample_frame("main", "/srv/app.cpp", 50),
                      handle = sample_frame("handle(request const&)", "/srv/app.cpp", 30);
  blocked_stretch sync;
  sync.begin = 2s;
  sync.duration = 300ms;
  sync.tid = 4711;
  sync.thread_name = "app";
  sync.loop = "epoll 5";
  sync.cause = "file sync";
  sync.detail = "fsync of /var/lib/db";
  sync.ledger = {{share_kind::system_call, "fsync", "/var/lib/db", 290ms},
                 {share_kind::user_cpu, "", "", 8ms},
                 {share_kind::run_queue, "", "", 2ms}};
  sync.stack = {sample_frame("fsync"), sample_frame("store", "/srv/db.cpp", 12), handle, main,
                start};
  sync.stack[1].inlined = true;
  sync.blocker = sync.stack[1];
  sync.cost = {.due = 31, .held = 30, .delay = 4500ms};
  blocked_stretch compute = sync;
  compute.begin = 6s;
  compute.duration = 150ms;
  compute.cause = "computing";
  compute.detail.clear();
  compute.ledger = {{share_kind::user_cpu, "", "", 150ms}};
  compute.stack = {sample_frame("parse", "/srv/json.cpp", 7), handle, main, start};
  compute.blocker = compute.stack[0];
  compute.suppressed = 3;
  compute.suppressed_time = 400ms;
  compute.cost.reset();
  blocked_stretch lost = compute;
  lost.begin = -5ms;
  lost.duration = 120ms;
  lost.cause = "waiting for a lock";
  lost.ledger = {{share_kind::lock, "futex", "held by thread 4712", 119ms}};
  lost.stack.clear();
  lost.stack_problem = "the thread went on before it could be copied";
  lost.blocker = {};
  lost.suppressed = 0;
  lost.suppressed_time = 0ms;
  lost.ended = false;

  loop_profile loop;
  loop.key = "epoll 5";
  loop.call = "epoll_wait";
  loop.threads = {4711};
  loop.iterations = 40'000;
  loop.working = 3s;
  loop.waiting = 7s;
  loop.slices.emplace();
  for (int i = 1; i <= 2000; ++i) loop.slices->add(i * 1us);
  loop.stretches = {sync, compute, lost};
  for (int i = 0; i < 200; ++i) {
    loop.timeline.push_back({.begin = i * 50ms,
                             .length = 50ms,
                             .iterations = static_cast<std::uint64_t>(150 + i % 50),
                             .waiting = 35ms,
                             .working = 15ms});
  }
  loop_profile idle;
  idle.key = "poll in thread 4712";
  idle.call = "poll";
  idle.threads = {4712};
  idle.waiting = 10s;
  idle.saturated = 0.25;
  const profile_frame parse{"parse", "json.cpp", 7, {}, 0x1200, false};
  const profile_frame next{"0x1234", {}, 0, {}, 0x1234, false};
  idle.saturated_in = {{.stack = {next, parse}, .blocker = parse, .looks = 9},
                       {.stack = {next}, .blocker = {}, .looks = 1}};
  idle.timeline = {{.begin = 0s, .length = 10s, .iterations = {}, .waiting = 10s, .working = 0s}};
  profile.loops = {loop, idle};
  profile.threads = {{.tid = 4711,
                      .name = "app",
                      .kind = thread_kind::loop,
                      .watched = 10s,
                      .cpu = 3s,
                      .run_queue = 20ms,
                      .switches = 41'000,
                      .waits_in = "epoll_wait",
                      .process = 4711}};
  return profile;
}

/// The same with a load beside it.
inline profiling::profile_result sample_driven_profile() {
  using namespace std::chrono_literals;
  profiling::profile_result profile = sample_profile();
  profiling::driven_load& driven = profile.driven.emplace();
  driven.begin = 50ms;
  http_load::load_plan& plan = driven.load.plan;
  plan.url = "http://127.0.0.1:8080/";
  plan.open_loop = true;
  plan.stages = {{.length = 1s, .from = 100, .to = 100, .measured = false},
                 {.length = 9s, .from = 100, .to = 100}};
  http_load::stage_result& stage = driven.load.stages.emplace_back();
  stage.plan = plan.stages.back();
  stage.length = 9s;
  for (int i = 0; i < 900; ++i) {
    stage.tally.latency.add(2ms + i * 1us);
    stage.tally.service.add(2ms);
    stage.tally.send_lag.add(20us);
    (i % 20 == 0 ? driven.in_stretches : driven.elsewhere).add(2ms + i * 1us);
  }
  stage.tally.ok = 900;
  stage.tally.timeouts = 1;
  driven.load.clients = {{.wall = 9s, .cpu = 1s, .polled = 100ms, .waited = 10ms}};
  driven.load.first_failure = "no answer within 10 s";
  driven.load.seconds = 10;
  driven.load.levels = {{.level = *http_load::parse_service_level("p99=50ms"),
                         .measured = 0.0029,
                         .verdict = http_load::level_verdict::kept}};
  for (int i = 0; i < 100; ++i) {
    driven.timeline.push_back({.begin = 50ms + i * 95ms,
                               .length = 95ms,
                               .requests = 9,
                               .longest = i == 20 ? 280ms : 3ms});
  }
  return profile;
}

/// The same with its requests as they were seen in the service.
inline profiling::profile_result sample_served_profile() {
  using namespace profiling;
  using namespace std::chrono_literals;
  profile_result profile = sample_driven_profile();
  request_profile& requests = profile.requests.emplace();
  requests.window = 10s;
  requests.followed = 900;
  requests.counted = 100;
  requests.in_flight_at_end = 2;
  requests.aborted = 1;
  requests.cpu_beside = 90us;
  requests.following = 1us;
  requests.pool = {
      .loops = 1, .loop_threads = 1, .other_threads = 0, .processes = 1, .concurrency_mean = 1.5};
  request_class& users = requests.classes.emplace_back();
  users.name = "GET /users/*";
  users.count = 1000;
  for (int i = 0; i < 900; ++i) {
    users.latency.add(2ms + i * 1us);
    users.queue.add(10us);
    users.cpu.add(300us);
  }
  users.cpu_scale = 0.98;
  users.cpu_elsewhere = 20us;
  users.waits[static_cast<std::size_t>(request_wait::upstream)] = 1500us;
  users.gap_is_known = false;
  users.bytes_in = 80;
  users.bytes_out = 1200.5;
  users.samples.push_back({.arrival = 1s,
                           .queue = 10us,
                           .latency = 2ms,
                           .cpu = 300us,
                           .bytes_in = 80,
                           .bytes_out = 1200,
                           .phases = {{.kind = {}, .wall = 300us, .cpu = 300us, .peer = {}},
                                      {.kind = request_wait::upstream,
                                       .wall = 1500us,
                                       .cpu = 0us,
                                       .peer = "tcp 127.0.0.1:9000"}}});
  upstream_profile& upstream = requests.upstreams.emplace_back();
  upstream.peer = "tcp 127.0.0.1:9000";
  upstream.calls = 900;
  for (int i = 0; i < 900; ++i) {
    upstream.first_byte.add(1ms);
    upstream.total.add(1500us);
  }
  upstream.chunks_per_call = 1;
  requests.classification = {.kind = service_kind::io_bound,
                             .cpu_share = 0.17,
                             .least_cpu_share = {},
                             .most_cpu_share = {},
                             .why = "A request computes for 17 % of its own time.",
                             .missing = {}};
  requests.cpu = 3s;
  requests.resident_bytes = 50'000'000;
  requests.notes = {"TLS cannot be read."};
  return profile;
}

/// Whatever can stand in a name, in every place where it can stand.
inline profiling::profile_result hostile_profile() {
  const std::string evil = "<script>alert(1)</script>";
  const std::string colours = "\033[31mred\033[0m\a\b\x7f \u0085\u202egnp\u202c \xff\"'&";
  const std::string tag = "</script><img src=x onerror=alert(2)>";
  profiling::profile_result profile = sample_served_profile();
  for (auto& each : profile.requests->classes) each.name = colours + evil;
  for (auto& each : profile.requests->upstreams) each.peer = evil;
  profile.requests->notes = {colours};
  profile.process = {1, evil, colours};
  profile.process_end = tag;
  profile.missing = {{profiling::profile_tier::ebpf, colours}};
  profile.notes = {evil, colours, tag};
  for (auto& loop : profile.loops) {
    loop.key = evil;
    loop.call = colours;
    for (auto& found : loop.saturated_in) found.blocker.function = evil + colours;
    for (auto& stretch : loop.stretches) {
      stretch.loop = evil;
      stretch.thread_name = colours;
      stretch.cause = tag;
      stretch.detail = evil;
      stretch.stack_problem = colours;
      for (auto& share : stretch.ledger) share.call = share.object = tag;
      for (auto& frame : stretch.stack) {
        frame.function = evil + frame.function;
        frame.file = colours;
        frame.module = tag;
      }
      stretch.blocker.function = std::string(300, 'w') + evil;
    }
  }
  for (auto& thread : profile.threads) thread.name = thread.waits_in = colours + evil;
  profile.driven->load.plan.url = evil;
  profile.driven->load.first_failure = colours;
  profile.driven->load.bottleneck = evil;
  return profile;
}

}  // namespace regatta::test
