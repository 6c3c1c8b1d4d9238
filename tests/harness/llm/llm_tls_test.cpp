// SPDX-License-Identifier: Apache-2.0
// Whom both clients trust.
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>

#include "tests/harness/llm/llm_clients_asio.hpp"
#include "tests/harness/llm/tls_server.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

void answer_always(tls_connection& connection) {
  while (connection.request()) connection.send(answer_with("sealed"));
}

template <class Client>
class LlmTls : public ::testing::Test {
 protected:
  // Trusts the certificate in the directory.
  llm_client_options trusting(const std::string& url) const {
    auto options = options_for(url);
    options.endpoint.key = "s3cret";
    options.ca_file = (directory.path() / "cert.pem").string();
    options.retry = quick_retries(3);
    return options;
  }
  void certify(const std::string& names, int from_day = -1, int to_day = 1) const {
    make_certificate(directory.path(), names, from_day, to_day);
  }
  // What the client says of a server that it must not trust, and never tries again.
  std::string refusal_of(const llm_client_options& options, const tls_server& server) const {
    Client client(options);
    const llm_error error = failure_of([&] { client.complete("Hi"); });
    EXPECT_EQ(error.failure(), llm_failure::tls) << error.what();
    EXPECT_EQ(error.attempts(), 1U);
    EXPECT_EQ(server.trusted, 0) << "it got as far as to send the key";
    return error.what();
  }

  temporary_directory directory;
};
TYPED_TEST_SUITE(LlmTls, both_llm_clients, llm_client_names);

TYPED_TEST(LlmTls, AServerWithATrustedCertificateIsTalkedToOverOneConnection) {
  this->certify("DNS:localhost");
  tls_server server(this->directory.path(), [](tls_connection& connection) {
    EXPECT_EQ(connection.name(), "localhost");
    answer_always(connection);
  });
  TypeParam client(this->trusting(server.url()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.complete("Hi").text, "sealed");
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(LlmTls, AStreamComesThroughTls) {
  this->certify("IP:127.0.0.1");
  tls_server server(this->directory.path(), [](tls_connection& connection) {
    while (connection.request()) {
      connection.send(stream_head);
      for (const char* const token : {"a", " b", " c"}) connection.send(chunk(token_event(token)));
      connection.send(chunk(done_event) + last_chunk);
    }
  });
  TypeParam client(this->trusting(server.url("127.0.0.1")));
  EXPECT_EQ(client.read("Hi").text(), "a b c");
  EXPECT_EQ(client.read("Hi").text(), "a b c");
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(LlmTls, ALargeAnswerComesThroughTls) {
  this->certify("DNS:localhost");
  const std::string large(1 << 20, 'x');
  tls_server server(this->directory.path(), [&](tls_connection& connection) {
    while (connection.request()) connection.send(answer_with(large));
  });
  TypeParam client(this->trusting(server.url()));
  EXPECT_EQ(client.complete("Hi").text, large);
}

TYPED_TEST(LlmTls, ASelfSignedCertificateIsRefusedWithAWayOut) {
  this->certify("DNS:localhost");
  tls_server server(this->directory.path(), answer_always);
  auto options = this->trusting(server.url());
  options.ca_file.clear();  // the system's store does not know it
  const std::string said = this->refusal_of(options, server);
  EXPECT_NE(said.find("self-signed"), std::string::npos) << said;
  EXPECT_NE(said.find("CA file"), std::string::npos) << said;
}

TYPED_TEST(LlmTls, ACertificateForAnotherHostIsRefused) {
  this->certify("DNS:elsewhere.test,IP:127.0.0.2");
  tls_server server(this->directory.path(), answer_always);
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    const std::string said = this->refusal_of(this->trusting(server.url(host)), server);
    EXPECT_NE(said.find("not for '" + std::string(host) + "'"), std::string::npos) << said;
  }
}

TYPED_TEST(LlmTls, APartOfANameIsNotTheName) {
  this->certify("DNS:local*");
  tls_server server(this->directory.path(), answer_always);
  this->refusal_of(this->trusting(server.url()), server);
}

TYPED_TEST(LlmTls, AnExpiredCertificateIsRefused) {
  this->certify("DNS:localhost", -3, -1);
  tls_server server(this->directory.path(), answer_always);
  const std::string said = this->refusal_of(this->trusting(server.url()), server);
  EXPECT_NE(said.find("expired"), std::string::npos) << said;
}

TYPED_TEST(LlmTls, ACertificateOfTomorrowIsRefused) {
  this->certify("DNS:localhost", 1, 3);
  tls_server server(this->directory.path(), answer_always);
  this->refusal_of(this->trusting(server.url()), server);
}

TYPED_TEST(LlmTls, PlainHttpOnTheTlsPortIsNamed) {
  this->certify("DNS:localhost");
  hostile_server server([](raw_connection& connection, int) {
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.request();
  });
  TypeParam client(this->trusting("https://localhost:" + std::to_string(server.port())));
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::tls);
  EXPECT_NE(std::string(error.what()).find("does not speak TLS"), std::string::npos)
      << error.what();
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(LlmTls, AServerThatClosesInTheHandshakeIsTriedAgain) {
  this->certify("DNS:localhost");
  hostile_server server([](raw_connection&, int) {});
  TypeParam client(this->trusting("https://localhost:" + std::to_string(server.port())));
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::connection) << error.what();
  EXPECT_EQ(error.attempts(), 3U);
}

TYPED_TEST(LlmTls, AServerThatIsSilentInTheHandshakeEndsAtTheConnectTimeout) {
  this->certify("DNS:localhost");
  hostile_server server([](raw_connection& connection, int) { connection.request(); });
  auto options = this->trusting("https://127.0.0.1:" + std::to_string(server.port()));
  options.connect_timeout = 300ms;  // enough to get as far as the handshake
  options.retry.attempts = 1;
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::connection);
  EXPECT_NE(std::string(error.what()).find("TLS handshake"), std::string::npos) << error.what();
}

TYPED_TEST(LlmTls, ABodyThatEndsWithoutTlsSayingSoIsTruncated) {
  this->certify("DNS:localhost");
  for (const bool said_so : {true, false}) {
    tls_server server(this->directory.path(), [&](tls_connection& connection) {
      connection.request();
      connection.send("HTTP/1.1 200 OK\r\n\r\n" + completion("whole?"));
      if (said_so) connection.close_notify();
    });
    TypeParam client(this->trusting(server.url()));
    if (said_so) {
      EXPECT_EQ(client.complete("Hi").text, "whole?");
    } else {
      EXPECT_EQ(failure_of([&] { client.complete("Hi"); }).failure(), llm_failure::truncated);
    }
  }
}

TYPED_TEST(LlmTls, AClosedConnectionIsReplaced) {
  this->certify("DNS:localhost");
  tls_server server(this->directory.path(), [](tls_connection& connection) {
    connection.request();
    connection.send(answer_with("once"));
    connection.close_notify();
  });
  TypeParam client(this->trusting(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "once");
  EXPECT_EQ(client.complete("Hi").attempts, 1U);
}

TYPED_TEST(LlmTls, ACaFileThatIsNoneIsNamedAtOnce) {
  auto options = options_for("https://localhost");
  options.ca_file = "/nowhere/ca.pem";
  try {
    TypeParam client(options);
    ADD_FAILURE() << "was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/ca.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace regatta::test
