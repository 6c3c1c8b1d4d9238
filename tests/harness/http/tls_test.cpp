// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/harness/http/clients.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// An HTTPS server whose certificate nobody vouches for but itself.
class self_signed_server {
 public:
  explicit self_signed_server(const std::filesystem::path& directory)
      : tls_(asio::ssl::context::tls_server),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    tls_.use_certificate_chain_file((directory / "cert.pem").string());
    tls_.use_private_key_file((directory / "key.pem").string(), asio::ssl::context::pem);
    thread_ = std::jthread([this] { serve(); });
  }
  ~self_signed_server() { ::shutdown(acceptor_.native_handle(), SHUT_RDWR); }

  std::string url() const {
    return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port());
  }
  std::atomic<int> connections{0};
  std::atomic<int> requests{0};

 private:
  void serve() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error) return;
      ++connections;
      asio::ssl::stream<tcp::socket> stream(std::move(socket), tls_);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (error) continue;
      char bytes[4096];
      if (stream.read_some(asio::buffer(bytes), error) > 0) ++requests;
      const std::string answer =
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      asio::write(stream, asio::buffer(answer), error);
    }
  }

  asio::io_context io_;
  asio::ssl::context tls_;
  tcp::acceptor acceptor_;
  std::jthread thread_;
};

template <class Client>
class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v openssl > /dev/null 2>&1") != 0) {
      GTEST_SKIP() << "no openssl command to make a certificate with";
    }
    const std::string folder = directory.path().string();
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        folder + "/key.pem -out " + folder + "/cert.pem > /dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  temporary_directory directory;
};
TYPED_TEST_SUITE(Tls, both_clients, client_names);

TYPED_TEST(Tls, ACertificateThatNobodyVouchesForIsRefusedBeforeAnythingIsSent) {
  self_signed_server server(this->directory.path());
  TypeParam client({{"llm", server.url()}}, "s3cret");
  try {
    client.send("llm");
    ADD_FAILURE() << "trusted it";
  } catch (const deadline_exceeded&) {
    ADD_FAILURE() << "waited";
  } catch (const std::exception& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("certificate"), std::string::npos) << said;
  }
  EXPECT_EQ(server.connections, 1);
  EXPECT_EQ(server.requests, 0);
}

TYPED_TEST(Tls, ACertificateInTheStoreIsTrusted) {
  // The store is read when the client first needs it.
  ::setenv("SSL_CERT_FILE", (this->directory.path() / "cert.pem").c_str(), 1);
  {
    self_signed_server server(this->directory.path());
    TypeParam client({{"llm", server.url()}});
    EXPECT_EQ(client.send("llm").status, 200U);
    EXPECT_EQ(server.requests, 1);
  }
  ::unsetenv("SSL_CERT_FILE");
}

TYPED_TEST(Tls, ATrustedCertificateForAnotherNameIsRefused) {
  const std::string folder = this->directory.path().string();
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      " -subj /CN=elsewhere.test -addext subjectAltName=DNS:elsewhere.test -keyout " +
      folder + "/key.pem -out " + folder + "/cert.pem > /dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  ::setenv("SSL_CERT_FILE", (folder + "/cert.pem").c_str(), 1);
  {
    self_signed_server server(this->directory.path());
    TypeParam client({{"llm", server.url()}});
    EXPECT_THROW(client.send("llm"), std::exception);
    EXPECT_EQ(server.requests, 0);
  }
  ::unsetenv("SSL_CERT_FILE");
}

}  // namespace
}  // namespace regatta::test
