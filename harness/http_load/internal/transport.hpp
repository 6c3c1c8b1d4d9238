// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/http_load/internal/peer.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::internal {
class tls_session;
class tls_trust;
}  // namespace regatta::internal

namespace regatta::http_load {

/// A non-blocking connection, TCP or TLS over it. Thread safety: none.
class transport {
 public:
  enum class status { done, blocked, failed };

  transport();
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Begins to connect; an old connection is closed. failed: see error().
  status open(const peer& where);
  /// Of a connection that has become writable: did it come about?
  status finish_open();
  /// Begins, or goes on with, the TLS handshake. blocked: call again when something has come.
  status secure(const internal::tls_trust& trust, const std::string& host);
  void close();

  /// `bytes` must stay until it is done; then flush() goes on with what was blocked.
  status send(std::string_view bytes);
  status flush();
  bool unsent() const { return !left_.empty(); }

  /// More than 0: that many bytes. 0: the peer has ended. -1: nothing there, -2: failed.
  long receive(char* to, std::size_t size);

  int handle() const { return fd_.get(); }
  bool tls() const { return tls_ != nullptr; }
  const std::string& error() const { return error_; }

 private:
  status fail(int error_number);

  unique_fd fd_;
  std::unique_ptr<internal::tls_session> tls_;
  std::string_view left_;  ///< still to be sent: of the caller's bytes, or of sealed_
  std::string sealed_;     ///< under TLS: what goes over the wire
  std::string error_;      ///< what made it fail
};

}  // namespace regatta::http_load
