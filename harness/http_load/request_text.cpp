// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/request_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "harness/http_message.hpp"

namespace regatta::http_load {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(c) != others.npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace

void set_url(load_plan& plan, const std::string& url) {
  const std::string without_fragment = url.substr(0, url.find('#'));
  const auto scheme = without_fragment.find("://");
  const auto end =
      scheme == std::string::npos ? scheme : without_fragment.find_first_of("/?", scheme + 3);
  const http_origin origin = parse_origin(without_fragment.substr(0, end));
  plan.url = url;
  plan.tls = origin.tls;
  plan.host = origin.host;
  plan.port = origin.port;
  plan.target = end == std::string::npos ? "/" : without_fragment.substr(end);
  if (plan.target.front() == '?') plan.target.insert(0, "/");
  if (has_control(plan.target) || plan.target.find(' ') != std::string::npos) {
    throw std::invalid_argument(
        fmt::format("'{}' is no URL: its path has a blank or a control character; write %20", url));
  }
}

std::string request_text(const load_plan& plan) {
  if (!is_token(plan.method)) {
    throw std::invalid_argument(fmt::format("'{}' is no HTTP method", plan.method));
  }
  const bool ipv6 = plan.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + plan.host + "]" : plan.host;
  const bool usual_port = plan.port == (plan.tls ? "443" : "80");
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", plan.method, plan.target);
  const auto given = [&](std::string_view name) {
    return std::any_of(plan.headers.begin(), plan.headers.end(),
                       [&](const auto& header) { return same_name(header.first, name); });
  };
  if (!given("Host"))
    text += fmt::format("Host: {}{}\r\n", host, usual_port ? "" : ":" + plan.port);
  if (!given("User-Agent")) text += "User-Agent: regatta\r\n";
  for (const auto& [name, value] : plan.headers) {
    if (!is_token(name) || has_control(value)) {
      throw std::invalid_argument(
          fmt::format("'{}: {}' is no header; give one like 'Accept: text/html'", name, value));
    }
    if (same_name(name, "Content-Length") || same_name(name, "Transfer-Encoding")) {
      throw std::invalid_argument(fmt::format("{} follows from the body; leave it out", name));
    }
    text += fmt::format("{}: {}\r\n", name, value);
  }
  const bool bodiless = plan.method == "GET" || plan.method == "HEAD";
  if (!plan.body.empty() || !bodiless) {
    text += fmt::format("Content-Length: {}\r\n", plan.body.size());
  }
  return text + "\r\n" + plan.body;
}

void ask_for_stream(load_plan& plan, const std::string& model, const std::string& prompt,
                    unsigned max_tokens, const std::string& api_key) {
  constexpr std::string_view call = "/chat/completions";
  while (plan.target.ends_with('/')) plan.target.pop_back();
  if (!plan.target.ends_with(call)) {
    if (plan.target.empty()) plan.target = "/v1";
    plan.target += call;
  }
  nlohmann::json message;
  message["role"] = "user";
  message["content"] = prompt;
  nlohmann::json body;
  body["model"] = model;
  body["messages"] = nlohmann::json::array({message});
  if (max_tokens > 0) body["max_tokens"] = max_tokens;
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  plan.llm = true;
  plan.method = "POST";
  plan.headers.emplace_back("Content-Type", "application/json");
  plan.headers.emplace_back("Accept", "text/event-stream");
  if (!api_key.empty()) plan.headers.emplace_back("Authorization", "Bearer " + api_key);
  plan.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace regatta::http_load
