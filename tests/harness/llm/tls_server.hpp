// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/harness/llm/hostile_server.hpp"

namespace regatta::test {

/// Makes a self-signed certificate and its key: `folder`/cert.pem and key.pem. `names` in the form
/// of OpenSSL: "DNS:localhost,IP:127.0.0.1". Valid from now + `from_day` to now + `to_day`.
inline void make_certificate(const std::filesystem::path& folder, const std::string& names,
                             int from_day = -1, int to_day = 1) {
  const auto check = [](bool good) {
    if (!good) throw std::runtime_error("cannot make a certificate");
  };
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(::EVP_EC_gen("P-256"),
                                                                  &::EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(::X509_new(), &::X509_free);
  check(key && certificate);
  X509* const x509 = certificate.get();
  constexpr long day = 24L * 3600;
  ::X509_set_version(x509, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(x509), from_day * day);
  ::X509_gmtime_adj(::X509_getm_notAfter(x509), to_day * day);
  ::X509_set_pubkey(x509, key.get());
  const auto* const common_name = reinterpret_cast<const unsigned char*>("regatta test");
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x509), "CN", MBSTRING_ASC, common_name, -1,
                               -1, 0);
  ::X509_set_issuer_name(x509, ::X509_get_subject_name(x509));
  X509_EXTENSION* const alternatives =
      ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  check(alternatives != nullptr);
  ::X509_add_ext(x509, alternatives, -1);
  ::X509_EXTENSION_free(alternatives);
  check(::X509_sign(x509, key.get(), ::EVP_sha256()) > 0);
  const auto write = [&](const char* name, auto writer) {
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(
        std::fopen((folder / name).c_str(), "w"), &std::fclose);
    check(file != nullptr && writer(file.get()) == 1);
  };
  write("cert.pem", [&](std::FILE* file) { return ::PEM_write_X509(file, x509); });
  write("key.pem", [&](std::FILE* file) {
    return ::PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

/// The server's end of a TLS connection.
class tls_connection {
 public:
  tls_connection(SSL_CTX* context, int fd) : ssl_(::SSL_new(context), &::SSL_free) {
    ::SSL_set_fd(ssl_.get(), fd);
  }

  bool accept() { return ::SSL_accept(ssl_.get()) == 1; }
  /// What the client calls us.
  std::string name() const {
    const char* const sent = ::SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return sent != nullptr ? sent : "";
  }
  /// Reads until the end of a request's head has come; false: the client has closed.
  bool request() {
    std::string received;
    char bytes[4096];
    while (received.find("\r\n\r\n") == std::string::npos) {
      const int got = ::SSL_read(ssl_.get(), bytes, sizeof(bytes));
      if (got <= 0) return false;
      received.append(bytes, static_cast<std::size_t>(got));
    }
    return true;
  }
  void send(const std::string& bytes) {
    ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  void close_notify() { ::SSL_shutdown(ssl_.get()); }

 private:
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_;
};

/// hostile_server behind TLS, with the certificate in `folder`. Counts who trusted it.
class tls_server {
 public:
  using script = std::function<void(tls_connection& connection)>;

  tls_server(const std::filesystem::path& folder, script each)
      : context_(::SSL_CTX_new(::TLS_server_method()), &::SSL_CTX_free),
        server_([this, each = std::move(each)](raw_connection& raw, int) {
          // OpenSSL writes without MSG_NOSIGNAL.
          sigset_t broken_pipe;
          ::sigemptyset(&broken_pipe);
          ::sigaddset(&broken_pipe, SIGPIPE);
          ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
          tls_connection connection(context_.get(), raw.handle());
          if (!connection.accept()) return;
          ++trusted;
          each(connection);
        }) {
    ::SSL_CTX_use_certificate_file(context_.get(), (folder / "cert.pem").c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_use_PrivateKey_file(context_.get(), (folder / "key.pem").c_str(), SSL_FILETYPE_PEM);
  }

  std::string url(const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(server_.port());
  }
  int connections() const { return server_.connections(); }

  std::atomic<int> trusted{0};

 private:
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  hostile_server server_;
};

}  // namespace regatta::test
