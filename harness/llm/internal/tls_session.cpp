// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/tls_session.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>
#include <stdexcept>

#include "harness/llm/internal/llm_fault.hpp"
#include "harness/llm/internal/name_service.hpp"

namespace regatta::internal {
namespace {

std::string refusal_of(long verdict, const std::string& host) {
  switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format(
          "the certificate of '{}' is self-signed, and nobody this client trusts vouches for it; "
          "if it is the right one, give it as the CA file",
          host);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "the certificate of '{}' is signed by an authority this client does not trust; give that "
          "authority's certificate as the CA file",
          host);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the server's certificate is not for '{}'; use the name that is in it",
                         host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format(
          "the certificate of '{}' has expired; the server needs a new one (or this machine's "
          "clock is wrong)",
          host);
    default:
      return fmt::format("the certificate of '{}' is refused: {}", host,
                         ::X509_verify_cert_error_string(verdict));
  }
}

}  // namespace

tls_trust::tls_trust(const std::string& ca_file)
    : context_(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free) {
  if (!context_) throw std::bad_alloc();
  ::SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
  ::ERR_clear_error();
  if (ca_file.empty()) {
    ::SSL_CTX_set_default_verify_paths(context_.get());
  } else if (::SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()) != 1) {
    ::ERR_clear_error();
    throw std::invalid_argument(fmt::format(
        "'{}' cannot be read as a CA file; give a file of certificates in PEM form", ca_file));
  }
}

tls_session::tls_session(const tls_trust& trust, const std::string& host)
    : ssl_(::SSL_new(trust.context()), &::SSL_free),
      incoming_(::BIO_new(::BIO_s_mem())),
      outgoing_(::BIO_new(::BIO_s_mem())),
      host_(host) {
  if (!ssl_ || incoming_ == nullptr || outgoing_ == nullptr) throw std::bad_alloc();
  ::SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  ::SSL_set_connect_state(ssl_.get());
  int named = 0;
  if (is_address(host)) {
    named = ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), host.c_str());
  } else {
    ::SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = ::SSL_set1_host(ssl_.get(), host.c_str());
    if (named == 1) named = static_cast<int>(SSL_set_tlsext_host_name(ssl_.get(), host.c_str()));
  }
  if (named != 1) {
    throw llm_fault(llm_failure::tls,
                    fmt::format("'{}' cannot be the name in a certificate", host));
  }
}

bool tls_session::handshake() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (::SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  fail("in the TLS handshake");
}

std::size_t tls_session::read(char* to, std::size_t size) {
  ::ERR_clear_error();
  std::size_t count = 0;
  const int result = ::SSL_read_ex(ssl_.get(), to, size, &count);
  if (result == 1) return count;
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return 0;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return 0;
    default:
      fail("while reading the answer");
  }
}

void tls_session::write(std::string_view bytes) {
  ::ERR_clear_error();
  std::size_t count = 0;
  // Into memory: all of it, or an error.
  if (::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) != 1) {
    fail("while sending the request");
  }
}

void tls_session::end() {
  ::SSL_shutdown(ssl_.get());  // refuses where the handshake was not done; then nothing is said
  ::ERR_clear_error();
}

void tls_session::input(std::string_view ciphertext) {
  ::BIO_write(incoming_, ciphertext.data(), static_cast<int>(ciphertext.size()));
}

std::string tls_session::output() {
  std::string bytes(::BIO_ctrl_pending(outgoing_), '\0');
  if (!bytes.empty()) ::BIO_read(outgoing_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void tls_session::fail(const char* during) {
  const unsigned long error = ::ERR_get_error();
  const long verdict = ::SSL_get_verify_result(ssl_.get());
  ::ERR_clear_error();
  if (verdict != X509_V_OK) throw llm_fault(llm_failure::tls, refusal_of(verdict, host_));
  const int reason = ERR_GET_REASON(error);
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
      reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
    throw llm_fault(llm_failure::tls,
                    "the server does not speak TLS on this port; is its URL http:// and not "
                    "https://?");
  }
  const char* const words = error != 0 ? ::ERR_reason_error_string(error) : nullptr;
  throw llm_fault(llm_failure::tls, fmt::format("the connection failed {}: {}", during,
                                                words != nullptr ? words : "no reason given"));
}

}  // namespace regatta::internal
