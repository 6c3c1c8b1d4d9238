// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "harness/llm/internal/llm_fault.hpp"
#include "harness/llm/internal/tls_session.hpp"

namespace regatta::http_load {

using internal::llm_fault;
using internal::tls_session;

transport::transport() = default;
transport::~transport() = default;

transport::status transport::fail(int error_number) {
  error_ = std::generic_category().message(error_number);
  return status::failed;
}

void transport::close() {
  tls_.reset();
  fd_.reset();
  left_ = {};
}

transport::status transport::open(const peer& where) {
  close();
  fd_ = unique_fd(::socket(where.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return fail(errno);
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto* const address = reinterpret_cast<const sockaddr*>(&where.address);
  if (::connect(fd_.get(), address, where.length) == 0) return status::done;
  return errno == EINPROGRESS ? status::blocked : fail(errno);
}

transport::status transport::finish_open() {
  int outcome = 0;
  socklen_t length = sizeof(outcome);
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &length);
  return outcome == 0 ? status::done : fail(outcome);
}

transport::status transport::secure(const internal::tls_trust& trust, const std::string& host) try {
  if (!tls_) tls_ = std::make_unique<tls_session>(trust, host);
  bool ended = false;
  for (;;) {
    const bool done = tls_->handshake();
    sealed_ = tls_->output();
    left_ = sealed_;
    if (flush() == status::failed) return status::failed;
    if (done) return status::done;
    if (ended) return fail(ECONNRESET);
    std::array<char, 16384> bytes;
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) return errno == EAGAIN ? status::blocked : fail(errno);
    ended = got == 0;
    tls_->input({bytes.data(), static_cast<std::size_t>(got)});
  }
} catch (const llm_fault& fault) {
  error_ = fault.what();
  return status::failed;
}

transport::status transport::send(std::string_view bytes) try {
  left_ = bytes;
  if (tls_) {
    tls_->write(bytes);
    sealed_ = tls_->output();
    left_ = sealed_;
  }
  return flush();
} catch (const llm_fault& fault) {
  error_ = fault.what();
  return status::failed;
}

transport::status transport::flush() {
  while (!left_.empty()) {
    const ssize_t put = ::send(fd_.get(), left_.data(), left_.size(), MSG_NOSIGNAL);
    if (put < 0) return errno == EAGAIN ? status::blocked : fail(errno);
    left_.remove_prefix(static_cast<std::size_t>(put));
  }
  return status::done;
}

long transport::receive(char* to, std::size_t size) try {
  for (;;) {
    if (tls_) {
      const std::size_t plain = tls_->read(to, size);
      if (plain > 0) return static_cast<long>(plain);
      if (tls_->ended()) return 0;
    }
    std::array<char, 16384> bytes;
    const ssize_t got =
        tls_ ? ::recv(fd_.get(), bytes.data(), bytes.size(), 0) : ::recv(fd_.get(), to, size, 0);
    if (got < 0 && errno == EAGAIN) return -1;
    if (got < 0) {
      fail(errno);
      return -2;
    }
    if (!tls_ || got == 0) return got;
    tls_->input({bytes.data(), static_cast<std::size_t>(got)});
  }
} catch (const llm_fault& fault) {
  error_ = fault.what();
  return -2;
}

}  // namespace regatta::http_load
