// SPDX-License-Identifier: Apache-2.0
// What is made of requests in user space: names, classes, the verdict.
#include <gtest/gtest.h>

#include <cstring>

#include "harness/profiling/requests/classify_service.hpp"
#include "harness/profiling/requests/counted_requests.hpp"
#include "harness/profiling/requests/listening_ports.hpp"
#include "harness/profiling/requests/request_book.hpp"
#include "harness/profiling/requests/request_names.hpp"

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using kernel_side::request_event;

constexpr std::uint64_t ms = 1'000'000;
constexpr unsigned cpus = 2;

// Of a loop; waits are those of kernel_side::time_kind.
request_event request(std::uint64_t cpu, std::uint32_t wait_kind, std::uint64_t wait,
                      const char* line = "GET / HTTP/1.1") {
  request_event made{};
  made.tid = 7;
  made.process = 7;
  made.loop = 1;
  made.arrival = made.began = 5 * ms;
  made.answered = made.began + cpu + wait;
  made.spent[kernel_side::time_cpu] = cpu;
  made.spent[wait_kind] = wait;
  made.name_length = static_cast<__u32>(std::strlen(line));
  std::strncpy(made.name, line, sizeof(made.name));
  return made;
}

request_profile profile_of(const request_event& each, unsigned count,
                           std::chrono::nanoseconds unowned = 0ns) {
  request_book book(0);
  for (unsigned at = 0; at < count; ++at) book.add(each);
  request_profile made = book.profile({{3, "tcp 127.0.0.1:9000"}}, unowned);
  made.window = 1s;
  made.cpu = 100ms;
  return made;
}

service_kind kind_of(const request_event& each) {
  return classify_service(profile_of(each, 100), cpus).kind;
}

TEST(RequestClassName, is_the_method_and_the_path_with_numbers_folded) {
  EXPECT_EQ(request_class_name("GET /answer HTTP/1.1\r\nHost: x"), "GET /answer");
  EXPECT_EQ(request_class_name("GET / HTTP/1.1\r\n"), "GET /");
  EXPECT_EQ(request_class_name("POST /users/4711/orders/9?page=3 HTTP/1.1"),
            "POST /users/*/orders/*");
  EXPECT_EQ(request_class_name("GET /v1/models HTTP/1.1"), "GET /v1/models");
  EXPECT_EQ(request_class_name("GET /o/550e8400-e29b-41d4-a716-446655440000 H"), "GET /o/*");
  EXPECT_EQ(request_class_name("GET /a/very/long/path/that/does/not/end/her"),
            "GET /a/very/long/path/that/does/not/end/her…");
}

TEST(RequestClassName, says_what_it_cannot_read) {
  EXPECT_EQ(request_class_name(std::string_view("\x17\x03\x03\x00\x45", 5)), "(unreadable)");
  EXPECT_EQ(request_class_name("PRI * HTTP/2.0\r\n"), "(HTTP/2)");
  EXPECT_EQ(request_class_name("*1\r\n$4\r\nPING\r\n"), "(binary)");
  EXPECT_EQ(request_class_name(""), "(unnamed)");
  EXPECT_EQ(request_class_name(std::string_view("\0\0\0", 3)), "(unnamed)");
}

TEST(RequestBook, counts_by_class_and_keeps_some_whole) {
  request_book book(2 * ms);
  for (int at = 0; at < 5000; ++at) book.add(request(1 * ms, kernel_side::time_gap, 0));
  book.add(request(9 * ms, kernel_side::time_upstream, 4 * ms, "GET /slow?x=1 HTTP/1.1"));
  book.add(request(9 * ms, kernel_side::time_upstream, 4 * ms, "GET /slow?x=2 HTTP/1.1"));
  const request_profile made = book.profile({}, 0ns);
  EXPECT_EQ(made.followed, 5002U);
  ASSERT_EQ(made.classes.size(), 2U);
  EXPECT_EQ(made.classes[0].name, "GET /");
  EXPECT_EQ(made.classes[0].count, 5000U);
  EXPECT_EQ(made.classes[0].samples.size(), 2000U);
  EXPECT_EQ(made.classes[0].samples.front().arrival, 3ms);
  EXPECT_EQ(made.classes[0].cpu_mean(), 1ms);
  EXPECT_EQ(made.classes[1].name, "GET /slow");
  EXPECT_EQ(made.classes[1].count, 2U);
  EXPECT_EQ(made.classes[1].waits[static_cast<std::size_t>(request_wait::upstream)], 4ms);
  EXPECT_EQ(made.pool.loop_threads, 1U);
}

TEST(CountedRequests, are_as_those_that_were_followed) {
  request_book book(0);
  for (int at = 0; at < 100; ++at) book.add(request(2 * ms, kernel_side::time_gap, 0));
  for (int at = 0; at < 50; ++at) {
    book.add(request(1 * ms, kernel_side::time_gap, 0, "GET /b HTTP/1.1"));
  }
  request_profile made = book.profile({}, 30ms);
  made.pool.concurrency_mean = 2;
  made.cpu = 280ms + 290ms;  // the latter of 200 that were only counted
  add_counted(made, 200, 290ms);
  EXPECT_EQ(made.followed, 150U);
  EXPECT_EQ(made.answered(), 350U);
  ASSERT_EQ(made.classes.size(), 2U);
  EXPECT_EQ(made.classes[0].count, 233U);
  EXPECT_EQ(made.classes[1].count, 117U);
  EXPECT_EQ(made.classes[0].latency.count(), 100U);
  EXPECT_NEAR(made.pool.concurrency_mean, 2 * 350.0 / 150, 1e-9);
  std::chrono::nanoseconds sum{};
  for (const request_class& each : made.classes) {
    sum += each.cpu_mean() * static_cast<std::int64_t>(each.count);
  }
  EXPECT_NEAR(static_cast<double>(sum / 1us), static_cast<double>(made.cpu / 1us), 5000);
  EXPECT_NEAR(static_cast<double>(made.unowned_cpu / 1us), 30'000.0 * 570 / 280, 1);
}

TEST(CountedRequests, are_told_even_if_none_was_followed) {
  request_profile made;
  add_counted(made, 7, 1ms);
  EXPECT_EQ(made.answered(), 7U);
  made.window = 1s;
  EXPECT_EQ(classify_service(made, cpus).kind, service_kind::insufficient_evidence);
}

TEST(RequestBook, knows_brief_ones_by_the_number_of_their_name) {
  request_book book(2 * ms);
  request_event first = request(1 * ms, kernel_side::time_gap, 0, "GET /a HTTP/1.1");
  first.name_number = 4;
  book.add(first);
  kernel_side::brief_events briefs{};
  briefs.tid = 8;
  briefs.loop = 1;
  briefs.count = 2;
  briefs.requests[0] = {.arrival = 12 * ms,
                        .latency = 3 * ms,
                        .queue = 1 * ms,
                        .cpu = 2 * ms,
                        .run_queue = 0,
                        .bytes_in = 10,
                        .bytes_out = 20,
                        .name_number = 4,
                        .prompt = 1};
  briefs.requests[1] = briefs.requests[0];
  book.add(briefs);
  const request_profile made = book.profile({}, 0ns);
  ASSERT_EQ(made.classes.size(), 1U);
  const request_class& seen = made.classes[0];
  EXPECT_EQ(seen.name, "GET /a");
  EXPECT_EQ(seen.count, 3U);
  EXPECT_NEAR(static_cast<double>(seen.cpu_mean().count()), 5e6 / 3, 1);
  EXPECT_EQ(seen.samples.back().arrival, 10ms);
  EXPECT_EQ(seen.samples.back().queue, 1ms);
  EXPECT_EQ(seen.samples.back().latency, 3ms);
  EXPECT_EQ(seen.samples.back().bytes_out, 20U);
  EXPECT_EQ(made.pool.loop_threads, 2U);
}

TEST(RequestBook, shares_other_threads_time_among_those_that_waited_for_them) {
  const request_profile made =
      profile_of(request(1 * ms, kernel_side::time_gap, 8 * ms), 100, 600ms);
  EXPECT_EQ(made.classes[0].cpu_elsewhere, 6ms);
  EXPECT_EQ(made.classes[0].cpu_mean(), 7ms);
  EXPECT_EQ(made.classes[0].waits[static_cast<std::size_t>(request_wait::sleep)], 2ms);
}

TEST(RequestBook, gathers_calls_of_upstreams) {
  request_book book(0);
  kernel_side::call_event call{};
  call.peer = 3;
  call.sent = 10 * ms;
  call.last_sent = 11 * ms;
  call.first = 31 * ms;
  call.last = 51 * ms;
  call.chunks = 3;
  book.add(call);
  book.add(kernel_side::chunk_event{.kind = 0, .peer = 3, .gap = 10 * ms});
  book.add(kernel_side::chunk_event{.kind = 0, .peer = 3, .gap = 10 * ms});
  const request_profile made = book.profile({{3, "tcp 127.0.0.1:9000"}}, 0ns);
  ASSERT_EQ(made.upstreams.size(), 1U);
  EXPECT_EQ(made.upstreams[0].peer, "tcp 127.0.0.1:9000");
  EXPECT_EQ(made.upstreams[0].calls, 1U);
  EXPECT_DOUBLE_EQ(made.upstreams[0].first_byte.sum(), 0.020);
  EXPECT_DOUBLE_EQ(made.upstreams[0].total.sum(), 0.041);
  EXPECT_EQ(made.upstreams[0].gap.count(), 2U);
  EXPECT_DOUBLE_EQ(made.upstreams[0].chunks_per_call, 3);
}

TEST(ClassifyService, goes_by_the_share_of_a_requests_own_time) {
  using namespace kernel_side;
  EXPECT_EQ(kind_of(request(5 * ms, time_upstream, 0)), service_kind::cpu_bound);
  EXPECT_EQ(kind_of(request(1 * ms, time_upstream, 20 * ms)), service_kind::io_bound);
  EXPECT_EQ(kind_of(request(1 * ms, time_disk, 20 * ms)), service_kind::io_bound);
  EXPECT_EQ(kind_of(request(1 * ms, time_sleep, 20 * ms)), service_kind::io_bound);
  EXPECT_EQ(kind_of(request(5 * ms, time_upstream, 5 * ms)), service_kind::mixed);
}

TEST(ClassifyService, leaves_out_what_only_load_makes) {
  using namespace kernel_side;
  EXPECT_EQ(kind_of(request(5 * ms, time_run_queue, 50 * ms)), service_kind::cpu_bound);
  EXPECT_EQ(kind_of(request(5 * ms, time_lag, 50 * ms)), service_kind::cpu_bound);
  EXPECT_EQ(kind_of(request(5 * ms, time_lock, 50 * ms)), service_kind::cpu_bound);
}

TEST(ClassifyService, believes_gaps_only_of_requests_that_found_the_loop_idle) {
  using namespace kernel_side;
  request_event each = request(5 * ms, time_gap, 50 * ms);
  EXPECT_EQ(kind_of(each), service_kind::io_bound);
  each.delayed = 1;
  request_book book(0);
  for (unsigned at = 0; at < 100; ++at) {
    each.spent[time_gap] = (at + 1) * 50 * ms / 100;
    book.add(each);
  }
  request_profile made = book.profile({}, 0ns);
  made.window = 1s;
  made.cpu = 900ms;
  const auto found = classify_service(made, cpus);
  EXPECT_NE(found.kind, service_kind::io_bound);
  EXPECT_GT(*found.most_cpu_share, *found.least_cpu_share);
}

TEST(ClassifyService, says_what_is_missing) {
  const auto none = classify_service(request_profile{}, cpus);
  EXPECT_EQ(none.kind, service_kind::idle);
  const auto few =
      classify_service(profile_of(request(1 * ms, kernel_side::time_disk, 9 * ms), 5), cpus);
  EXPECT_EQ(few.kind, service_kind::insufficient_evidence);
  EXPECT_NE(few.missing.find("25 requests more"), few.missing.npos) << few.missing;
  auto lost = profile_of(request(1 * ms, kernel_side::time_disk, 9 * ms), 100);
  lost.unfollowed = 300;
  EXPECT_EQ(classify_service(lost, cpus).kind, service_kind::insufficient_evidence);
}

TEST(ClassifyService, calls_starved_what_others_keep_from_the_cpus) {
  auto made = profile_of(request(1 * ms, kernel_side::time_run_queue, 20 * ms), 100);
  made.run_queue = 900ms;
  EXPECT_EQ(classify_service(made, cpus).kind, service_kind::starved);
  made.cpu = 1900ms;  // it uses both CPUs itself: its threads queue for each other
  made.run_queue = 19000ms;
  EXPECT_EQ(classify_service(made, cpus).kind, service_kind::cpu_bound);
}

TEST(Listeners, are_read_from_the_kernels_table) {
  const auto found = parse_listeners(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "4711 1 0000000000000000 100 0 0 10 0\n"
      "   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 "
      "4712 1 0000000000000000 20 4 30 10 -1\n"
      "nonsense\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at(4711), 8080);
}

}  // namespace
}  // namespace regatta::profiling
