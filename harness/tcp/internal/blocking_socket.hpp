// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <climits>

#include "harness/contexts/deadline.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::internal {

/// A connected TCP socket with a deadline, as a SyncStream for Beast and OpenSSL. Asio's own
/// blocking reads know no time limit (they poll again after SO_RCVTIMEO). Thread safety: one
/// thread.
class blocking_socket {
 public:
  using error_code = boost::system::error_code;
  using executor_type = boost::asio::io_context::executor_type;
  using lowest_layer_type = blocking_socket;

  /// `never_run` only lends its executor type to ssl::stream.
  explicit blocking_socket(boost::asio::io_context& never_run) : never_run_(never_run) {}

  executor_type get_executor() { return never_run_.get_executor(); }
  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }

  void set_deadline(deadline limit) { limit_ = limit; }

  void connect(const boost::asio::ip::tcp::endpoint& peer, error_code& error) {
    fd_ =
        unique_fd(::socket(peer.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) return fail(error);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (::connect(fd_.get(), peer.data(), static_cast<socklen_t>(peer.size())) == 0) return;
    if (errno != EINPROGRESS) return fail(error);
    if (!wait(POLLOUT, error)) return;
    int outcome = 0;
    socklen_t length = sizeof(outcome);
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &length);
    if (outcome != 0) error.assign(outcome, boost::system::system_category());
  }

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error) {
    return transfer(buffers, error, POLLIN, [this](const iovec* parts, int count) {
      return ::readv(fd_.get(), parts, count);
    });
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    return transfer(buffers, error, POLLOUT, [this](const iovec* parts, int count) {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(parts);
      message.msg_iovlen = static_cast<std::size_t>(count);
      return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    });
  }

  // The throwing twins that the SyncStream concept asks for.
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    error_code error;
    const std::size_t count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code error;
    const std::size_t count = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

 private:
  static void fail(error_code& error) { error.assign(errno, boost::system::system_category()); }

  bool wait(short events, error_code& error) {
    pollfd entry{fd_.get(), events, 0};
    for (;;) {
      timespec left{};
      if (limit_ != no_deadline) {
        const auto remaining = std::max(std::chrono::nanoseconds(0),
                                        std::chrono::nanoseconds(limit_ - steady_clock::now()));
        left.tv_sec = static_cast<time_t>(remaining.count() / 1'000'000'000);
        left.tv_nsec = static_cast<long>(remaining.count() % 1'000'000'000);
      }
      const interpreter::released waiting;
      const int ready = ::ppoll(&entry, 1, limit_ == no_deadline ? nullptr : &left, nullptr);
      if (ready > 0) return true;
      if (ready == 0) {
        error = boost::asio::error::timed_out;
        return false;
      }
      if (errno != EINTR) {
        fail(error);
        return false;
      }
    }
  }

  template <class Buffers, class SystemCall>
  std::size_t transfer(const Buffers& buffers, error_code& error, short events,
                       SystemCall system_call) {
    error = {};
    iovec parts[16];
    int count = 0;
    std::size_t size = 0;
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers) && count < 16; ++it) {
      // A const_buffer's pointer is only read from: sendmsg takes it as void*.
      const boost::asio::const_buffer part(*it);
      parts[count++] = {const_cast<void*>(part.data()), part.size()};
      size += part.size();
    }
    if (size == 0) return 0;
    for (;;) {
      const ssize_t moved = [&] {
        const interpreter::released moving;  // CPython lets go around each of these
        return system_call(parts, count);
      }();
      if (moved > 0) return static_cast<std::size_t>(moved);
      if (moved == 0) {
        error = boost::asio::error::eof;
        return 0;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) {
        fail(error);
        return 0;
      }
      if (!wait(events, error)) return 0;
    }
  }

  boost::asio::io_context& never_run_;
  unique_fd fd_;
  deadline limit_ = no_deadline;
};

}  // namespace regatta::internal
