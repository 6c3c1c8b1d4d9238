// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "tests/harness/http/clients.hpp"
#include "tests/harness/http/scripted_server.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

template <class Client>
class HttpClient : public ::testing::Test {};
TYPED_TEST_SUITE(HttpClient, both_clients, client_names);

TYPED_TEST(HttpClient, SendsWhatItWasGiven) {
  std::string seen;
  {
    scripted_server server([&](raw_connection& connection, int) {
      seen = connection.request().value_or("");
      connection.send(ok_with("fine"));
    });
    TypeParam client({{"documents", server.url() + "/base/"}});
    const auto response = client.send(
        "documents", {"POST", "/item?x=1", {{"Content-Type", "text/plain"}}, "the body"});
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "fine");
  }
  EXPECT_EQ(seen.find("POST /base/item?x=1 HTTP/1.1\r\n"), 0U) << seen;
  EXPECT_NE(seen.find("\r\nContent-Type: text/plain\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nHost: 127.0.0.1:"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with("\r\n\r\nthe body")) << seen;
}

TYPED_TEST(HttpClient, TwoRequestsShareAConnection) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    while (connection.request()) connection.send(ok_with("again"));
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "again");
  EXPECT_EQ(client.send("llm").body, "again");
  EXPECT_EQ(connections, 1);
}

TYPED_TEST(HttpClient, AConnectionTheServerGaveUpIsNotKept) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "hi");
  EXPECT_EQ(client.send("llm").body, "hi");
  EXPECT_EQ(connections, 2);
}

TYPED_TEST(HttpClient, APooledConnectionThatWasClosedIsReplacedUnseen) {
  std::atomic<int> connections{0};
  std::string repeated;
  {
    scripted_server server([&](raw_connection& connection, int number) {
      ++connections;
      const auto request = connection.request();
      if (number == 1) repeated = request.value_or("");
      connection.send(ok_with(std::to_string(number)));
      // Closes although it promised to keep it: the client cannot know.
    });
    TypeParam client({{"llm", server.url()}});
    EXPECT_EQ(client.send("llm", {"POST", "/", {}, "first"}).body, "0");
    EXPECT_EQ(client.send("llm", {"POST", "/", {}, "second"}).body, "1");
  }
  EXPECT_EQ(connections, 2);
  EXPECT_TRUE(repeated.ends_with("second")) << repeated;
}

TYPED_TEST(HttpClient, AFreshConnectionThatIsClosedIsAnErrorAndNotRetried) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    connection.request();
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm"), std::exception);
  EXPECT_EQ(connections, 1);
}

TYPED_TEST(HttpClient, AConnectionThatBreaksInsideAResponseIsAnError) {
  scripted_server server([&](raw_connection& connection, int) {
    connection.request();
    connection.send(ok_with("whole"));
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "whole");
  EXPECT_THROW(client.send("llm"), std::exception) << "half an answer must not be asked for again";
}

TYPED_TEST(HttpClient, ConnectionRefusedIsASystemError) {
  const refusing_port nobody;
  TypeParam client({{"llm", nobody.url}});
  try {
    client.send("llm");
    ADD_FAILURE() << "connected";
  } catch (const std::system_error& error) {  // as the header promises
    EXPECT_EQ(error.code(), std::errc::connection_refused) << error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "no std::system_error: " << error.what();
  }
}

TYPED_TEST(HttpClient, ASilentServerEndsAtTheDeadline) {
  scripted_server server([](raw_connection& connection, int) {
    while (connection.request()) {
    }
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm", {}, steady_clock::now() + 5ms), deadline_exceeded);
}

TYPED_TEST(HttpClient, AServerThatStopsInTheMiddleEndsAtTheDeadline) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    connection.request();
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm", {}, steady_clock::now() + 20ms), deadline_exceeded);
}

TYPED_TEST(HttpClient, AfterADeadlineTheNextRequestGetsItsOwnAnswer) {
  scripted_server server([](raw_connection& connection, int) {
    while (const auto request = connection.request()) {
      if (request->find("/late") != std::string::npos) {
        connection.request();  // until the client gives up
        connection.send(ok_with("late"));
      } else {
        connection.send(ok_with("mine"));
      }
    }
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm", {"GET", "/late", {}, ""}, steady_clock::now() + 5ms),
               deadline_exceeded);
  EXPECT_EQ(client.send("llm").body, "mine");
}

TYPED_TEST(HttpClient, AnOldDeadlineDoesNotFollowAPooledConnection) {
  scripted_server server([](raw_connection& connection, int) {
    while (connection.request()) connection.send(ok_with("here"));
  });
  TypeParam client({{"llm", server.url()}});
  const auto limit = steady_clock::now() + 1s;
  EXPECT_EQ(client.send("llm", {}, limit).body, "here");
  std::this_thread::sleep_until(limit);
  EXPECT_EQ(client.send("llm").body, "here");
}

TYPED_TEST(HttpClient, AResponseInPiecesOfOneByteIsPutTogether) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    for (const char byte : ok_with("slowly")) connection.send(std::string_view(&byte, 1));
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "slowly");
}

TYPED_TEST(HttpClient, AChunkedResponseIsPutTogetherAndTheConnectionKept) {
  scripted_server server([](raw_connection& connection, int) {
    while (connection.request()) {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      connection.send("4\r\none \r\n");
      connection.send("A;extension=1\r\nand two ha\r\n");
      connection.send("0\r\n\r\n");
    }
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "one and two ha");
  EXPECT_EQ(client.send("llm").body, "one and two ha");
}

TYPED_TEST(HttpClient, AResponseWithoutALengthEndsWithTheConnection) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_EQ(client.send("llm").body, "until the end");
  EXPECT_EQ(client.send("llm").body, "until the end") << "and the connection is not pooled";
}

TYPED_TEST(HttpClient, AnErrorStatusIsAnAnswer) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops");
  });
  TypeParam client({{"llm", server.url()}});
  const auto response = client.send("llm");
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body, "oops");
}

TYPED_TEST(HttpClient, TheApiKeyGoesToTheModelAndNobodyElse) {
  std::mutex mutex;
  std::vector<std::string> seen;
  {
    scripted_server server([&](raw_connection& connection, int) {
      const std::lock_guard lock(mutex);
      seen.push_back(connection.request().value_or(""));
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    TypeParam client({{"llm", server.url()}, {"documents", server.url()}}, "s3cret");
    client.send("llm");
    client.send("documents");
  }
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NE(seen[0].find("\r\nAuthorization: Bearer s3cret\r\n"), std::string::npos) << seen[0];
  EXPECT_EQ(seen[1].find("s3cret"), std::string::npos) << seen[1];
}

TYPED_TEST(HttpClient, WhatIsNotHttpIsAnError) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm"), std::exception);
}

}  // namespace
}  // namespace regatta::test
