// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/contexts/deadline.hpp"
#include "harness/llm/internal/tls_session.hpp"
#include "harness/llm/internal/transfer.hpp"

namespace regatta::internal {

/// What read() brought: bytes, or the end.
struct arrival {
  transfer how;
  std::string_view bytes;  ///< valid until the next read()
  bool ended = false;
  bool cleanly = true;  ///< as TLS wants it, or there is no TLS
};

/// A connection to one server, with or without TLS, in either colour.
/// Thread safety: one thread; interrupt() as Io::socket's.
template <class Io>
class connection {
 public:
  template <class T>
  using task = typename Io::template task<T>;

  explicit connection(const Io& io) : socket_(io) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    if (!tls_ || socket_.handle() < 0) return;
    tls_->end();
    const std::string goodbye = tls_->output();  // a courtesy: not waited for
    ::send(socket_.handle(), goodbye.data(), goodbye.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /// Gives up what it was connected to.
  task<transfer> connect(const std::string& address, unsigned short port, deadline limit) {
    tls_.reset();
    co_return co_await socket_.connect(address, port, limit);
  }

  /// Throws llm_fault for what is wrong with the certificate. An end of the connection is a
  /// transfer of nothing.
  task<transfer> start_tls(const tls_trust& trust, const std::string& host, deadline limit) {
    tls_.emplace(trust, host);
    buffer_.resize(buffer_size);
    for (;;) {
      bool done = false;
      try {
        done = tls_->handshake();
      } catch (...) {
        refused_ = std::current_exception();
      }
      const std::string reply = tls_->output();  // of a refusal: the alert that says so
      transfer sent;
      if (!reply.empty()) sent = co_await socket_.write_all(reply, limit);
      if (refused_) std::rethrow_exception(std::exchange(refused_, nullptr));
      if (sent.error || sent.expired || sent.interrupted) co_return sent;
      if (done) co_return transfer{.count = 1};
      const transfer got = co_await socket_.read_some(buffer_.data(), buffer_.size(), limit);
      if (got.count == 0) co_return got;
      tls_->input({buffer_.data(), got.count});
    }
  }

  task<transfer> write(std::string_view bytes, deadline limit) {
    if (!tls_) co_return co_await socket_.write_all(bytes, limit);
    tls_->write(bytes);
    const std::string sealed = tls_->output();
    co_return co_await socket_.write_all(sealed, limit);
  }

  task<arrival> read(deadline limit) {
    buffer_.resize(buffer_size);
    for (;;) {
      if (tls_) {
        const std::size_t opened = tls_->read(buffer_.data(), buffer_.size());
        if (opened > 0) co_return arrival{.how = {}, .bytes = {buffer_.data(), opened}};
        if (tls_->ended()) co_return arrival{.how = {}, .bytes = {}, .ended = true};
        const std::string reply = tls_->output();  // of a key update
        if (!reply.empty()) {
          const transfer sent = co_await socket_.write_all(reply, limit);
          if (sent.error || sent.expired || sent.interrupted) co_return arrival{sent, {}};
        }
      }
      const transfer got = co_await socket_.read_some(buffer_.data(), buffer_.size(), limit);
      if (got.error || got.expired || got.interrupted) co_return arrival{got, {}};
      if (got.count == 0) co_return arrival{got, {}, true, !tls_};
      if (!tls_) co_return arrival{got, {buffer_.data(), got.count}};
      tls_->input({buffer_.data(), got.count});
    }
  }

  void interrupt() { socket_.interrupt(); }

  /// An idle connection that the server has closed, or on which it says what nobody asked.
  bool stale() {
    char byte = 0;
    const ssize_t got = ::recv(socket_.handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    return got == 0 || !tls_;  // TLS talks for itself: session tickets
  }

 private:
  static constexpr std::size_t buffer_size = 16U << 10U;

  typename Io::socket socket_;
  std::optional<tls_session> tls_;
  std::vector<char> buffer_;
  std::exception_ptr refused_;
};

}  // namespace regatta::internal
