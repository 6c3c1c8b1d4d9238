// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/harness/http/scripted_server.hpp"

namespace regatta::test {

/// A server on a free loopback port that does to each connection what a test says, each in a thread
/// of its own. Ends its connections when it is destroyed. Thread safety: counters from any thread.
class hostile_server {
 public:
  using script = std::function<void(raw_connection& connection, int number)>;

  explicit hostile_server(script each)
      : each_(std::move(each)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, length) != 0 || ::listen(listener_.get(), 1024) != 0 ||
        ::getsockname(listener_.get(), generic, &length) != 0) {
      throw std::system_error(errno, std::generic_category(), "test server");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept(); });
  }

  ~hostile_server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (raw_connection* connection : open_) ::shutdown(connection->handle(), SHUT_RDWR);
  }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_);
  }
  int connections() const { return connections_; }

 private:
  void accept() {
    for (int number = 0;; ++number) {
      unique_fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket) return;
      ++connections_;
      threads_.emplace_back([this, number, fd = socket.release()] {
        raw_connection connection{unique_fd(fd)};
        std::list<raw_connection*>::iterator mine;
        {
          const std::lock_guard lock(mutex_);
          mine = open_.insert(open_.end(), &connection);
          if (ended_) ::shutdown(connection.handle(), SHUT_RDWR);
        }
        each_(connection, number);
        const std::lock_guard lock(mutex_);
        open_.erase(mine);
      });
    }
  }

  const script each_;
  unique_fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  bool ended_ = false;
  std::list<raw_connection*> open_;
  std::vector<std::jthread> threads_;  // joined after the destructor's body
  std::jthread acceptor_;
};

/// The body of an answer as the API gives it.
inline std::string completion(std::string_view text) {
  nlohmann::json body;
  body["model"] = "hostile";
  body["choices"] = {{{"index", 0},
                      {"message", {{"role", "assistant"}, {"content", text}}},
                      {"finish_reason", "stop"}}};
  body["usage"] = {{"prompt_tokens", 3}, {"completion_tokens", 2}, {"total_tokens", 5}};
  return body.dump();
}

inline std::string answer_with(std::string_view text) { return ok_with(completion(text)); }

/// One event of a stream.
inline std::string token_event(std::string_view text) {
  nlohmann::json piece;
  piece["choices"] = {{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}}};
  return "data: " + piece.dump() + "\n\n";
}
inline std::string stop_event() {
  return R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
         "\n\n";
}
inline const char* const done_event = "data: [DONE]\n\n";
inline const char* const stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
inline const char* const last_chunk = "0\r\n\r\n";

inline std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

/// What the user said in a request.
inline std::string said_in(const std::string& request) {
  const auto body = nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  return body["messages"].back()["content"];
}

}  // namespace regatta::test
