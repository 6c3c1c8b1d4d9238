// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/mock_llm_server.hpp"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/digest.hpp"
#include "workloads/servers/chat_answer.hpp"
#include "workloads/servers/chat_request.hpp"
#include "workloads/servers/mock_document.hpp"
#include "workloads/servers/model_latency.hpp"
#include "workloads/servers/timed_http_server.hpp"

namespace regatta {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view document_prefix = "/documents/";
constexpr std::string_view wait_prefix = "/wait/";
constexpr std::uint64_t longest_wait = 3'600'000'000'000;  // ns

/// The random words of one request: a counter-based generator, so that they depend on nothing
/// before.
class word_sequence {
 public:
  word_sequence(std::uint64_t seed, std::uint64_t request)
      : state_(mix64(seed) ^ mix64(~request)) {}
  std::uint64_t next() { return state_ = mix64(state_); }
  bool happens(double rate) { return static_cast<double>(next() >> 11U) * 0x1p-53 < rate; }

 private:
  std::uint64_t state_;
};

timed_reply error_reply(const api_error& error, std::string extra_headers = {}) {
  return {.status = error.status,
          .content_type = "application/json",
          .extra_headers = std::move(extra_headers),
          .body = error_body(error)};
}

timed_reply json_reply(const nlohmann::json& body) {
  return {.content_type = "application/json", .body = body.dump()};
}

std::optional<std::uint64_t> document_number(std::string_view path) {
  std::uint64_t number = 0;
  const char* const end = path.data() + path.size();
  const auto [stop, error] = std::from_chars(path.data() + document_prefix.size(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

nanoseconds completion_time(const mock_llm_options& options, unsigned tokens, nanoseconds first,
                            word_sequence words) {
  const latency_distribution& between = options.time_between_tokens;
  if (between.kind == latency_distribution::shape::constant) {
    return first + between.mean * (tokens - 1);
  }
  for (unsigned token = 1; token < tokens; ++token) first += between.sample(words.next());
  return first;
}

timed_reply stream_reply(const mock_llm_options& options, chat_answer answer, nanoseconds first,
                         word_sequence words) {
  return {.content_type = "text/event-stream",
          .extra_headers = "Cache-Control: no-cache\r\n",
          .delay = first,
          .stream = [between = options.time_between_tokens, answer = std::move(answer), words,
                     token = 0U](std::string& piece) mutable -> std::optional<nanoseconds> {
            piece += answer.event(token);
            if (++token == answer.tokens()) return std::nullopt;
            return between.sample(words.next());
          }};
}

}  // namespace

struct mock_llm_server::state {
  explicit state(mock_llm_options given)
      : options(given),
        server(
            options.port, [this](const received_request& request) { return counted(request); },
            [](unsigned status, std::string_view why) {
              return error_body({.status = status, .message = std::string(why)});
            }) {}

  timed_reply counted(const received_request& request) {
    timed_reply reply = route(request);
    if (reply.status >= 400 && reply.status < 500 && reply.status != 429) bump(refused);
    return reply;
  }

  timed_reply route(const received_request& request) {
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    const bool post = path == "/v1/chat/completions";
    const bool known = post || path == "/v1/models" || path == "/healthz" || path == "/stats" ||
                       path.starts_with(document_prefix) || path.starts_with(wait_prefix);
    if (!known) return not_found(path);
    if (post ? request.method != "POST" : request.method != "GET" && request.method != "HEAD") {
      const char* const allowed = post ? "POST" : "GET, HEAD";
      return error_reply(
          {.status = 405,
           .message = fmt::format("{} takes {}, not {}", path, allowed, request.method),
           .code = "method_not_allowed"},
          fmt::format("Allow: {}\r\n", allowed));
    }
    if (post) return complete(request.body);
    if (path == "/v1/models") return models();
    if (path == "/stats") return stats_reply();
    if (path == "/healthz") return json_reply({{"status", "ok"}});
    return path.starts_with(wait_prefix) ? wait(path) : document(path);
  }

  timed_reply complete(std::string_view body) {
    auto parsed = parse_chat_request(body, options.max_tokens);
    if (const auto* wrong = std::get_if<api_error>(&parsed)) return error_reply(*wrong);
    const std::uint64_t sequence = completion_sequence++;
    word_sequence words(options.seed, sequence);
    if (words.happens(options.rate_limit_rate)) {
      bump(rate_limited);
      return error_reply({.status = 429,
                          .message = "Rate limit reached; try again in 1s",
                          .type = "requests",
                          .code = "rate_limit_exceeded"},
                         "Retry-After: 1\r\n");
    }
    const bool fails = words.happens(options.error_rate);
    const nanoseconds first = latency_in_model_name(std::get<chat_request>(parsed).model)
                                  .value_or(options.time_to_first_token)
                                  .sample(words.next());
    if (fails) {
      bump(errors);
      timed_reply reply = error_reply({.status = 500,
                                       .message = "The server had an error, on purpose",
                                       .type = "server_error"});
      reply.delay = first;
      return reply;
    }
    bump(completions);
    const bool stream = std::get<chat_request>(parsed).stream;
    chat_answer answer(std::get<chat_request>(std::move(parsed)), mix64(options.seed) ^ sequence,
                       std::time(nullptr));
    if (stream) return stream_reply(options, std::move(answer), first, words);
    return {.content_type = "application/json",
            .body = answer.completion(),
            .delay = completion_time(options, answer.tokens(), first, words)};
  }

  timed_reply document(std::string_view path) {
    const auto number = document_number(path);
    if (!number) return not_found(path);
    bump(documents);
    word_sequence words(~options.seed, document_sequence++);
    return {.content_type = "text/plain; charset=utf-8",
            .body = mock_document(*number),
            .delay = options.document_latency.sample(words.next())};
  }

  static timed_reply wait(std::string_view path) {
    const std::string_view asked = path.substr(wait_prefix.size());
    std::uint64_t time = 0;
    const auto [stop, error] = std::from_chars(asked.data(), asked.data() + asked.size(), time);
    const std::string_view rest(stop, static_cast<std::size_t>(asked.data() + asked.size() - stop));
    if (error != std::errc{} || time > longest_wait || !rest.starts_with('/')) {
      return not_found(path);
    }
    return {.content_type = "text/plain",
            .body = std::string(rest.substr(1)),
            .delay = nanoseconds(time)};
  }

  static timed_reply not_found(std::string_view path) {
    return error_reply({.status = 404,
                        .message = fmt::format("there is no '{}' here", path),
                        .code = "not_found"});
  }

  static timed_reply models() {
    return json_reply({{"object", "list"},
                       {"data",
                        {{{"id", "regatta-mock"},
                          {"object", "model"},
                          {"created", 0},
                          {"owned_by", "regatta"}}}}});
  }

  mock_llm_stats snapshot() const {
    const http_counters http = server.counters();
    return {.requests = http.requests,
            .completions = completions.load(std::memory_order_relaxed),
            .documents = documents.load(std::memory_order_relaxed),
            .errors = errors.load(std::memory_order_relaxed),
            .rate_limited = rate_limited.load(std::memory_order_relaxed),
            .refused = refused.load(std::memory_order_relaxed) + http.malformed,
            .open_connections = http.open_connections,
            .peak_connections = http.peak_connections};
  }

  timed_reply stats_reply() const {
    const mock_llm_stats now = snapshot();
    return json_reply({{"requests", now.requests},
                       {"completions", now.completions},
                       {"documents", now.documents},
                       {"errors", now.errors},
                       {"rate_limited", now.rate_limited},
                       {"refused", now.refused},
                       {"open_connections", now.open_connections},
                       {"peak_connections", now.peak_connections}});
  }

  // Written by the loop thread, read by any; they order nothing, hence relaxed.
  using count = std::atomic<std::uint64_t>;
  static void bump(count& value) { value.fetch_add(1, std::memory_order_relaxed); }

  const mock_llm_options options;
  count completions{0}, documents{0}, errors{0}, rate_limited{0}, refused{0};
  std::uint64_t completion_sequence = 0;
  std::uint64_t document_sequence = 0;
  timed_http_server server;
};

mock_llm_server::mock_llm_server(mock_llm_options options)
    : state_(std::make_unique<state>(options)) {}
mock_llm_server::~mock_llm_server() = default;
std::uint16_t mock_llm_server::port() const { return state_->server.port(); }
void mock_llm_server::run() { state_->server.run(); }
void mock_llm_server::stop() { state_->server.stop(); }
mock_llm_stats mock_llm_server::stats() const { return state_->snapshot(); }

}  // namespace regatta
