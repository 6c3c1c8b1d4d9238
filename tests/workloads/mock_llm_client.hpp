// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/platform/unique_fd.hpp"
#include "workloads/servers/mock_llm_server.hpp"

namespace regatta::test {

using json = nlohmann::json;

inline mock_llm_options without_latency() {
  mock_llm_options options;
  options.time_to_first_token = {};
  options.document_latency = {};
  return options;
}

class running_server {
 public:
  explicit running_server(const mock_llm_options& options = without_latency())
      : server(options), thread_([this] { server.run(); }) {}
  ~running_server() { server.stop(); }

  mock_llm_server server;

 private:
  std::jthread thread_;
};

struct answer {
  unsigned status = 0;
  std::string head;
  std::string body;  // chunked bodies: put together

  json parsed() const { return json::parse(body); }
  std::string content() const { return parsed()["choices"][0]["message"]["content"]; }
};

/// A client too simple to hide anything: what is sent and what comes back, byte for byte.
class client {
 public:
  static constexpr std::string_view completions = "/v1/chat/completions";

  explicit client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) throw std::system_error(errno, std::generic_category(), "send");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  answer receive(bool head_only = false) {
    answer got;
    got.head = take_until("\r\n\r\n");
    got.status = static_cast<unsigned>(std::stoul(got.head.substr(9, 3)));
    if (head_only) return got;
    if (got.head.find("chunked") != std::string::npos) {
      while (const std::size_t size = std::stoul(take_until("\r\n"), nullptr, 16)) {
        got.body += take(size);
        take(2);
      }
      take(2);
      return got;
    }
    const std::size_t at = got.head.find("Content-Length: ");
    got.body = at == std::string::npos ? take_all() : take(std::stoul(got.head.substr(at + 16)));
    return got;
  }

  answer get(std::string_view target) {
    send(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", target));
    return receive();
  }

  answer post(std::string_view body, std::string_view target = completions) {
    send(post_text(body, target));
    return receive();
  }

  static std::string post_text(std::string_view body, std::string_view target = completions) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        target, body.size(), body);
  }

  /// Whatever comes until the server closes.
  std::string take_all() {
    while (fill()) {
    }
    return std::exchange(received_, {});
  }

 private:
  bool fill() {
    char bytes[16384];
    ssize_t count = 0;
    do {
      count = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
    } while (count < 0 && errno == EINTR);  // a child of an earlier test may have ended
    if (count < 0) throw std::system_error(errno, std::generic_category(), "recv");
    received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }

  std::string take(std::size_t size) {
    while (received_.size() < size) {
      if (!fill()) throw std::runtime_error("the server closed: " + received_);
    }
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  std::string take_until(std::string_view end) {
    std::size_t at = 0;
    while ((at = received_.find(end)) == std::string::npos) {
      if (!fill()) throw std::runtime_error("the server closed: " + received_);
    }
    return take(at + end.size());
  }

  unique_fd socket_;
  std::string received_;
};

inline json chat(std::string_view said, unsigned max_tokens = 12) {
  return {{"model", "regatta-mock"},
          {"messages", {{{"role", "user"}, {"content", said}}}},
          {"max_tokens", max_tokens}};
}

/// The data of each server-sent event; throws if the body is not made of them.
inline std::vector<std::string> events_of(const std::string& body) {
  std::vector<std::string> events;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = body.find("\n\n", at);
    if (end == std::string::npos || body.compare(at, 6, "data: ") != 0) {
      throw std::runtime_error("not an event: " + body.substr(at));
    }
    events.push_back(body.substr(at + 6, end - at - 6));
    at = end + 2;
  }
  return events;
}

}  // namespace regatta::test
