// SPDX-License-Identifier: Apache-2.0
// The load generator against real servers in this process. What of it depends on real time: at the
// end, and in tests/tools/load_test.py, where the server is a process of its own.
#include "harness/http_load/http_load.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "harness/http_load/request_text.hpp"
#include "tests/harness/llm/tls_server.hpp"
#include "workloads/servers/timed_http_server.hpp"

namespace regatta::http_load::test {
namespace {

using namespace std::chrono_literals;
using regatta::test::hostile_server;
using regatta::test::make_certificate;
using regatta::test::ok_with;
using regatta::test::raw_connection;
using regatta::test::refusing_port;
using regatta::test::tls_connection;
using regatta::test::tls_server;

class answering_server {
 public:
  explicit answering_server(timed_http_server::handler answer)
      : server_(0, std::move(answer),
                [](unsigned, std::string_view why) { return std::string(why); }),
        thread_([this] { server_.run(); }) {}
  ~answering_server() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/"; }
  std::uint64_t requests() const { return server_.counters().requests; }

 private:
  timed_http_server server_;
  std::thread thread_;
};

// A minute at most: what ends these loads is the number of requests.
load_plan plan_for(const std::string& url, std::uint64_t requests, unsigned connections = 4) {
  load_plan plan;
  set_url(plan, url);
  plan.stages = {{.length = 60s}};
  plan.most_requests = requests;
  plan.connections = connections;
  return plan;
}

load_plan open_plan(const std::string& url, double rate, nanoseconds length) {
  load_plan plan = plan_for(url, 0);
  plan.most_requests.reset();
  plan.open_loop = true;
  plan.arrivals = arrival_kind::constant;
  plan.stages = {{.length = length, .from = rate, .to = rate}};
  return plan;
}

load_result run(const load_plan& plan) { return run_load(plan, {}, {}, {}); }

TEST(HttpLoad, AClosedLoopSendsWhatItIsAskedFor) {
  std::atomic<std::uint64_t> right{0};
  const answering_server server([&](const received_request& request) {
    if (request.method == "POST" && request.target == "/?a=b" && request.body == "hello") ++right;
    return timed_reply{.body = "{}"};
  });
  load_plan plan = plan_for(server.url() + "?a=b", 501);
  plan.method = "POST";
  plan.body = "hello";
  plan.threads = 2;
  const load_result result = run(plan);
  EXPECT_EQ(result.total().ok, 501U);
  EXPECT_EQ(result.total().failures(), 0U) << result.first_failure;
  EXPECT_EQ(result.total().latency.count(), 501U);
  EXPECT_EQ(right, 501U);
  EXPECT_EQ(server.requests(), 501U);
  EXPECT_EQ(result.clients.size(), 2U);
  EXPECT_FALSE(result.interrupted);
}

TEST(HttpLoad, EachRequestOfAnOpenLoopIsCountedOnce) {
  const answering_server server([](const received_request&) { return timed_reply{.body = "{}"}; });
  for (const unsigned threads : {1U, 3U}) {
    const std::uint64_t before = server.requests();
    load_plan plan = open_plan(server.url(), 2000, 250ms);
    plan.stages.insert(plan.stages.begin(),
                       {.length = 100ms, .from = 1000, .to = 1000, .measured = false});
    plan.threads = threads;
    const load_tally total = run(plan).total();
    EXPECT_EQ(total.requests(), 500U) << "constant arrivals are no matter of chance";
    EXPECT_EQ(total.failures(), 0U);
    EXPECT_EQ(total.latency.count(), 500U);
    EXPECT_LE(server.requests() - before, 600U) << "with those of the warm-up";
    EXPECT_GE(server.requests() - before, total.ok);
  }
}

TEST(HttpLoad, StatusesAreToldApart) {
  std::atomic<unsigned> number{0};
  const answering_server server([&](const received_request&) {
    const unsigned n = number++ % 4;
    return timed_reply{.status = n == 0 ? 404U : n == 1 ? 503U : 200U, .body = "{}"};
  });
  const load_result result = run(plan_for(server.url(), 400, 1));
  EXPECT_EQ(result.total().ok, 200U);
  EXPECT_EQ(result.total().client_errors, 100U);
  EXPECT_EQ(result.total().server_errors, 100U);
  EXPECT_EQ(result.total().latency.count(), 200U) << "what failed has no latency";
  EXPECT_EQ(result.first_failure, "the server answered with status 404");
}

TEST(HttpLoad, AnyFramingWillDo) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  const hostile_server server([&](raw_connection& connection, int) {
    for (int n = 0; connection.request(); ++n) {
      if (n % 5 == 0) connection.send(ok_with("hello"));
      if (n % 5 == 1) connection.send(chunked);
      if (n % 5 == 2) connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      if (n % 5 == 3) connection.send(ok_with(std::string(300'000, 'x')));
      if (n % 5 == 4) {
        connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
        return;
      }
    }
  });
  const load_result result = run(plan_for(server.url(), 100, 2));
  EXPECT_EQ(result.total().ok, 100U) << result.first_failure;
  EXPECT_EQ(result.total().failures(), 0U) << result.first_failure;
  EXPECT_GT(result.total().bytes_received, 18U * 300'000U);
  EXPECT_GE(server.connections(), 18) << "each fifth answer ends its connection";
}

TEST(HttpLoad, ABodyThatFillsTheSocketArrivesWhole) {
  std::atomic<std::uint64_t> right{0};
  const std::string body(900'000, 'b');
  const answering_server server([&](const received_request& request) {
    if (request.body == body) ++right;
    return timed_reply{.body = "{}"};
  });
  load_plan plan = plan_for(server.url(), 20, 2);
  plan.method = "POST";
  plan.body = body;
  EXPECT_EQ(run(plan).total().ok, 20U);
  EXPECT_EQ(right, 20U);
}

TEST(HttpLoad, FailuresAreToldApart) {
  const auto seen_of = [](const std::string& answer, bool reset) {
    const hostile_server server([&](raw_connection& connection, int) {
      while (connection.request()) {
        connection.send(answer);
        if (reset) return connection.reset();
        if (!answer.starts_with("HTTP")) return;
      }
    });
    load_plan plan = plan_for(server.url(), 3, 1);
    plan.timeout = 200ms;
    return run(plan).total();
  };
  EXPECT_EQ(seen_of("", true).resets, 3U);
  EXPECT_EQ(seen_of("SSH-2.0-server\r\n\r\n", false).malformed, 3U);
  EXPECT_EQ(seen_of(ok_with("a") + "b", false).malformed, 3U);
  const load_tally slow = seen_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", false);
  EXPECT_EQ(slow.timeouts, 3U);
  EXPECT_EQ(slow.ok, 0U);
  EXPECT_EQ(slow.latency.count(), 3U) << "who hangs must not look fast";
  EXPECT_GE(slow.latency.max(), 0.2);
}

TEST(HttpLoad, AServerThatGoesAwayFailsTheArrivalsThatAreDue) {
  auto server = std::make_unique<answering_server>(
      [](const received_request&) { return timed_reply{.body = "{}"}; });
  const load_plan plan = open_plan(server->url(), 500, 600ms);
  load_hooks hooks;
  hooks.progress = [&](double fraction) {
    if (fraction > 0.3 && server && server->requests() > 10) server.reset();
  };
  const load_tally total = run_load(plan, {}, {}, hooks).total();
  EXPECT_EQ(total.requests(), 300U);
  EXPECT_GT(total.ok, 0U);
  EXPECT_GT(total.connect_failures, 0U);
}

TEST(HttpLoad, WhatFindsNoConnectionUntilTheEndIsUnsent) {
  const answering_server server(
      [](const received_request&) { return timed_reply{.body = "{}", .delay = 100ms}; });
  load_plan plan = open_plan(server.url(), 1000, 300ms);
  plan.connections = 1;
  const load_tally total = run(plan).total();
  EXPECT_EQ(total.requests(), 300U);
  EXPECT_LE(total.ok, 4U);
  EXPECT_GE(total.unsent, 296U);
  EXPECT_EQ(total.latency.count(), 300U) << "all count, with the time until the end at least";
}

TEST(HttpLoad, LateAnswersEndALoadThatWasToShowThem) {
  const answering_server server(
      [](const received_request&) { return timed_reply{.body = "{}", .delay = 20ms}; });
  load_plan plan = open_plan(server.url(), 1000, 60s);
  plan.late_after = 10ms;
  plan.most_late = 50;
  const load_result result = run(plan);
  EXPECT_TRUE(result.saturated);
  EXPECT_LT(result.seconds, 30);
}

TEST(HttpLoad, AStopKeepsWhatWasMeasured) {
  const answering_server server([](const received_request&) { return timed_reply{.body = "{}"}; });
  load_plan plan = open_plan(server.url(), 1000, 60s);
  load_hooks hooks;
  hooks.stop = [&] { return server.requests() > 100; };
  const load_result result = run_load(plan, {}, {}, hooks);
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.total().ok, 50U);
  EXPECT_LT(result.seconds, 30);
  ASSERT_EQ(result.stages.size(), 1U);
  EXPECT_LT(result.stages.front().length, 30s);
}

std::string sentence_of(const load_plan& plan) {
  try {
    run(plan);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST(HttpLoad, WhoCannotBeReachedIsNamed) {
  const refusing_port nobody;
  EXPECT_NE(sentence_of(plan_for(nobody.url, 1)).find("Connection refused; does the server run"),
            std::string::npos);
  EXPECT_NE(sentence_of(plan_for("http://no..such/", 1)).find("there is no host 'no..such'"),
            std::string::npos);
}

TEST(HttpLoad, TlsIsVerified) {
  const std::string folder = ::testing::TempDir() + "regatta-load-tls";
  std::filesystem::create_directories(folder);
  make_certificate(folder, "DNS:localhost,IP:127.0.0.1");
  const tls_server server(folder, [](tls_connection& connection) {
    while (connection.request()) connection.send(ok_with("hello"));
  });
  load_plan plan = plan_for(server.url("127.0.0.1"), 50, 2);
  EXPECT_NE(sentence_of(plan).find("self-signed"), std::string::npos);
  EXPECT_EQ(server.trusted, 0);
  plan.ca_file = folder + "/cert.pem";
  const load_result result = run(plan);
  EXPECT_EQ(result.total().ok, 50U) << result.first_failure;
  std::filesystem::remove_all(folder);
}

// One event a call of the stream, as an LLM says its tokens.
timed_reply stream_of(int pieces, std::chrono::nanoseconds first, std::chrono::nanoseconds gap,
                      bool whole) {
  timed_reply reply{.content_type = "text/event-stream", .delay = first};
  reply.stream = [=, n = 0](std::string& piece) mutable -> std::optional<nanoseconds> {
    if (n++ < pieces) {
      piece += "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n";
      return gap;
    }
    if (whole) piece += "data: [DONE]\n\n";
    return std::nullopt;
  };
  return reply;
}

TEST(HttpLoad, StreamsAreTakenApart) {
  const answering_server server(
      [](const received_request&) { return stream_of(5, 20ms, 10ms, true); });
  load_plan plan = plan_for(server.url(), 20);
  ask_for_stream(plan, "m", "hi", 5, "");
  plan.good = {.first_token = 60.0, .inter_token = 0.001};
  const load_tally total = run(plan).total();
  EXPECT_EQ(total.ok, 20U);
  EXPECT_EQ(total.tokens, 100U);
  EXPECT_EQ(total.first_token.count(), 20U);
  EXPECT_EQ(total.inter_token.count(), 80U);
  EXPECT_EQ(total.mean_gap.count(), 20U);
  // Never sooner than the server said it; how much later is the machine's affair.
  EXPECT_GE(total.first_token.sum() / 20, 0.0195);
  EXPECT_GE(total.mean_gap.sum() / 20, 0.009);
  EXPECT_EQ(total.good, 0U) << "a gap of 10 ms is more than 1 ms";
}

TEST(HttpLoad, AStreamThatBreaksOffIsMalformed) {
  const answering_server server(
      [](const received_request&) { return stream_of(2, 0ms, 0ms, false); });
  load_plan plan = plan_for(server.url(), 6);
  ask_for_stream(plan, "m", "hi", 5, "");
  const load_result result = run(plan);
  EXPECT_EQ(result.total().malformed, 6U);
  EXPECT_EQ(result.total().ok, 0U);
  const answering_server other([](const received_request&) { return timed_reply{.body = "{}"}; });
  plan = plan_for(other.url(), 6);
  ask_for_stream(plan, "m", "hi", 5, "");
  EXPECT_EQ(run(plan).total().malformed, 6U) << "no stream at all";
}

}  // namespace
}  // namespace regatta::http_load::test
