// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace regatta::internal {

/// Whom a client trusts. Thread safety: shared by sessions of any thread.
class tls_trust {
 public:
  /// An empty file name means the system's store. Throws std::invalid_argument with a sentence.
  explicit tls_trust(const std::string& ca_file);
  SSL_CTX* context() const { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
};

/// The client's end of one TLS connection, without I/O: bytes of the network go in by input() and
/// come out by output(), whatever moves them. The chain and the host's name are verified.
/// Throws llm_fault. Thread safety: none.
class tls_session {
 public:
  tls_session(const tls_trust& trust, const std::string& host);

  /// true: done. false: send output(), get more input().
  bool handshake();
  /// 0: needs more input(), or the peer has ended().
  std::size_t read(char* to, std::size_t size);
  void write(std::string_view bytes);

  void input(std::string_view ciphertext);
  std::string output();
  /// Says so to the peer, in the next output().
  void end();
  /// The peer said that nothing more follows. An end of the connection without it is no end.
  bool ended() const { return ended_; }

 private:
  [[noreturn]] void fail(const char* during);

  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_;
  BIO* incoming_;  // owned by ssl_
  BIO* outgoing_;  // owned by ssl_
  std::string host_;
  bool ended_ = false;
};

}  // namespace regatta::internal
