// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/thread_io.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace regatta::internal {
namespace {

/// The size of what was written to `storage`; 0 if `address` is none.
socklen_t make_address(const std::string& address, unsigned short port, sockaddr_storage& storage) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return sizeof(v4);
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return sizeof(v6);
  }
  return 0;
}

std::error_code system_error(int number) { return {number, std::system_category()}; }

}  // namespace

blocking_task<void> thread_io::signal::wait(std::unique_lock<std::mutex>& lock, deadline until) {
  lock.unlock();
  {
    std::unique_lock own(mutex_);
    if (until == no_deadline) {
      changed_.wait(own, [this] { return notified_; });
    } else {
      changed_.wait_until(own, until, [this] { return notified_; });
    }
    notified_ = false;
  }
  lock.lock();
  co_return;
}

void thread_io::signal::notify() {
  const std::lock_guard own(mutex_);
  notified_ = true;
  changed_.notify_one();
}

blocking_task<transfer> thread_io::socket::connect(const std::string& address, unsigned short port,
                                                   deadline limit) {
  sockaddr_storage peer{};
  const socklen_t size = make_address(address, port, peer);
  if (size == 0) co_return transfer{.error = system_error(EINVAL)};
  unique_fd fresh(::socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fresh) co_return failed();
  {
    const std::lock_guard lock(replacing_);
    fd_ = std::move(fresh);
  }
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int result = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&peer), size);
  const int error = errno;
  if (interrupted_.load()) co_return transfer{.interrupted = true};
  if (result == 0) co_return transfer{};
  if (error != EINPROGRESS) co_return transfer{.error = system_error(error)};
  const transfer waited = wait(POLLOUT, limit);
  if (waited.expired || waited.error || waited.interrupted) co_return waited;
  int outcome = 0;
  socklen_t length = sizeof(outcome);
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &length);
  if (interrupted_.load()) co_return transfer{.interrupted = true};
  co_return transfer{.error = outcome != 0 ? system_error(outcome) : std::error_code()};
}

blocking_task<transfer> thread_io::socket::read_some(char* to, std::size_t size, deadline limit) {
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), to, size, 0);
    if (got > 0) co_return transfer{.count = static_cast<std::size_t>(got)};
    if (got == 0) co_return transfer{.interrupted = interrupted_.load()};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return failed();
    const transfer waited = wait(POLLIN, limit);
    if (waited.expired || waited.error || waited.interrupted) co_return waited;
  }
}

blocking_task<transfer> thread_io::socket::write_all(std::string_view bytes, deadline limit) {
  const std::size_t size = bytes.size();
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return failed();
    const transfer waited = wait(POLLOUT, limit);
    if (waited.expired || waited.error || waited.interrupted) co_return waited;
  }
  co_return transfer{.count = size};
}

void thread_io::socket::interrupt() {
  const std::lock_guard lock(replacing_);
  interrupted_.store(true);
  if (fd_) ::shutdown(fd_.get(), SHUT_RDWR);  // wakes a poll, and ends a connect
}

transfer thread_io::socket::failed() const {
  const int error = errno;
  if (interrupted_.load()) return {.interrupted = true};
  return {.error = system_error(error)};
}

transfer thread_io::socket::wait(short events, deadline limit) const {
  pollfd entry{fd_.get(), events, 0};
  for (;;) {
    timespec left{};
    if (limit != no_deadline) {
      const auto remaining = std::max(std::chrono::nanoseconds(0),
                                      std::chrono::nanoseconds(limit - steady_clock::now()));
      left.tv_sec = static_cast<time_t>(remaining.count() / 1'000'000'000);
      left.tv_nsec = static_cast<long>(remaining.count() % 1'000'000'000);
    }
    const int ready = ::ppoll(&entry, 1, limit == no_deadline ? nullptr : &left, nullptr);
    if (interrupted_.load()) return {.interrupted = true};
    if (ready > 0) return {};
    if (ready == 0) return {.expired = true};
    if (errno != EINTR) return failed();
  }
}

}  // namespace regatta::internal
