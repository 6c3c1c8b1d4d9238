// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "harness/platform/unique_fd.hpp"

namespace regatta::test {

/// The server's end of one connection, byte for byte.
class raw_connection {
 public:
  explicit raw_connection(unique_fd socket) : socket_(std::move(socket)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const int on = 1;  // what is sent in pieces should arrive in pieces
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  /// Head and body of the next request; nullopt when the client has closed.
  std::optional<std::string> request() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    std::size_t size = end + 4;
    const std::size_t length = received_.find("Content-Length: ");
    if (length < end) size += std::stoul(received_.substr(length + 16));
    while (received_.size() < size) {
      if (!fill()) return std::nullopt;
    }
    const std::string whole = received_.substr(0, size);
    received_.erase(0, size);
    return whole;
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }

  void close() { socket_.reset(); }
  /// Ends the connection with RST: what is on its way is lost.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    socket_.reset();
  }
  /// Says nothing more, and goes on listening.
  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  int handle() const { return socket_.get(); }

 private:
  bool fill() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  unique_fd socket_;
  std::string received_;
};

/// A server on a free loopback port that does what a test says with each connection, one after the
/// other, in a thread of its own. Declare it before the client: connections then end first.
class scripted_server {
 public:
  using script = std::function<void(raw_connection& connection, int number)>;

  explicit scripted_server(script each)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, length) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), generic, &length) != 0) {
      throw std::system_error(errno, std::generic_category(), "test server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, each = std::move(each)] {
      for (int number = 0;; ++number) {
        unique_fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) return;
        raw_connection connection(std::move(socket));
        each(connection, number);
      }
    });
  }
  ~scripted_server() { ::shutdown(listener_.get(), SHUT_RDWR); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  unique_fd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

/// A port of 127.0.0.1 on which nobody listens: bound by us, so that nobody else takes it.
class refusing_port {
 public:
  refusing_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  std::string url;

 private:
  unique_fd socket_;
};

inline std::string ok_with(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace regatta::test
