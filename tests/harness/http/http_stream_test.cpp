// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/harness/http/clients.hpp"
#include "tests/harness/http/scripted_server.hpp"

// Answers that are handed on piece by piece, by both clients.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

template <class Client>
class HttpStream : public ::testing::Test {};
TYPED_TEST_SUITE(HttpStream, both_clients, client_names);

constexpr const char* chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// A server that goes on only when the piece before has arrived: one that collects would wait for
// ever.
TYPED_TEST(HttpStream, APieceArrivesBeforeTheNextIsSent) {
  std::binary_semaphore seen{0};
  scripted_server server([&](raw_connection& connection, int) {
    connection.request();
    connection.send(chunked_head);
    for (const char* chunk : {"5\r\nfirst\r\n", "6\r\nsecond\r\n", "5\r\nthird\r\n"}) {
      connection.send(chunk);
      seen.acquire();
    }
    connection.send("0\r\n\r\n");
  });
  TypeParam client({{"llm", server.url()}});
  std::vector<std::string> pieces;
  const auto response = client.send("llm", {}, no_deadline, [&](std::string_view piece) {
    pieces.emplace_back(piece);
    seen.release();
  });
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "");
  EXPECT_THAT(pieces, ElementsAre("first", "second", "third"));
}

TYPED_TEST(HttpStream, BytesThatComeSinglyArePutInOrder) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    const std::string all = std::string(chunked_head) + "4\r\nslow\r\n3\r\nly!\r\n0\r\n\r\n";
    for (const char byte : all) connection.send(std::string_view(&byte, 1));
  });
  TypeParam client({{"llm", server.url()}});
  std::string whole;
  client.send("llm", {}, no_deadline, [&](std::string_view piece) { whole += piece; });
  EXPECT_EQ(whole, "slowly!");
}

TYPED_TEST(HttpStream, AConnectionIsUsedAgainAfterTheEnd) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    while (connection.request()) {
      connection.send(std::string(chunked_head) + "2\r\nhi\r\n0\r\n\r\n");
    }
  });
  TypeParam client({{"llm", server.url()}});
  for (int i = 0; i < 2; ++i) {
    std::string whole;
    client.send("llm", {}, no_deadline, [&](std::string_view piece) { whole += piece; });
    EXPECT_EQ(whole, "hi");
  }
  EXPECT_EQ(client.send("llm").body, "hi") << "and by requests that are not streamed";
  EXPECT_EQ(connections, 1);
}

TYPED_TEST(HttpStream, AHandlerThatThrowsEndsTheRequestAndItsConnection) {
  std::atomic<int> connections{0};
  std::atomic<bool> closed{false};
  {
    scripted_server server([&](raw_connection& connection, int number) {
      ++connections;
      connection.request();
      connection.send(std::string(chunked_head) + "3\r\none\r\n");
      if (number == 0) {
        closed = !connection.request();
      } else {
        connection.send("0\r\n\r\n");
      }
    });
    TypeParam client({{"llm", server.url()}});
    const auto enough = [](std::string_view) { throw std::runtime_error("enough"); };
    EXPECT_THROW(client.send("llm", {}, no_deadline, enough), std::runtime_error);
    std::string whole;
    client.send("llm", {}, no_deadline, [&](std::string_view piece) { whole += piece; });
    EXPECT_EQ(whole, "one");
  }
  EXPECT_TRUE(closed);
  EXPECT_EQ(connections, 2);
}

TYPED_TEST(HttpStream, AStreamThatPausesEndsAtTheDeadlineAndIsClosed) {
  std::atomic<bool> closed{false};
  {
    std::counting_semaphore<> accepted{0};
    scripted_server server([&](raw_connection& connection, int) {
      accepted.release();
      connection.request();
      connection.send(std::string(chunked_head) + "3\r\none\r\n");
      closed = !connection.request();
    });
    TypeParam client({{"llm", server.url()}});
    const auto take = [](std::string_view piece) { EXPECT_EQ(piece, "one"); };
    do {  // who was not run for 20 ms has not even connected
      EXPECT_THROW(client.send("llm", {}, steady_clock::now() + 20ms, take), deadline_exceeded);
    } while (!accepted.try_acquire_for(1s));
  }
  EXPECT_TRUE(closed);
}

TYPED_TEST(HttpStream, AStreamThatBreaksOffIsAnErrorAfterItsPieces) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(std::string(chunked_head) + "3\r\none\r\n");
  });
  TypeParam client({{"llm", server.url()}});
  std::string whole;
  const auto take = [&](std::string_view piece) { whole += piece; };
  EXPECT_THROW(client.send("llm", {}, no_deadline, take), std::system_error);
  EXPECT_EQ(whole, "one");
}

TYPED_TEST(HttpStream, ABrokenChunkIsAnError) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(std::string(chunked_head) + "3\r\none\r\nzzz\r\n");
    connection.request();
  });
  TypeParam client({{"llm", server.url()}});
  EXPECT_THROW(client.send("llm", {}, no_deadline, [](std::string_view) {}), std::system_error);
}

TYPED_TEST(HttpStream, WithoutALengthItEndsWithTheConnection) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  TypeParam client({{"llm", server.url()}});
  std::string whole;
  client.send("llm", {}, no_deadline, [&](std::string_view piece) { whole += piece; });
  EXPECT_EQ(whole, "until the end");
}

TYPED_TEST(HttpStream, TheBodyOfAnErrorIsAnAnswerAndNoPiece) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\noops");
  });
  TypeParam client({{"llm", server.url()}});
  const auto response = client.send("llm", {}, no_deadline, [](std::string_view piece) {
    ADD_FAILURE() << "was handed '" << piece << "'";
  });
  EXPECT_EQ(response.status, 503U);
  EXPECT_EQ(response.body, "oops");
}

TYPED_TEST(HttpStream, APooledConnectionThatWasClosedIsReplacedUnseen) {
  scripted_server server([](raw_connection& connection, int number) {
    connection.request();
    connection.send(std::string(chunked_head) + "1\r\n" + std::to_string(number) +
                    "\r\n0\r\n\r\n");  // and closes
  });
  TypeParam client({{"llm", server.url()}});
  std::string whole;
  for (int i = 0; i < 2; ++i) {
    client.send("llm", {}, no_deadline, [&](std::string_view piece) { whole += piece; });
  }
  EXPECT_EQ(whole, "01");
}

}  // namespace
}  // namespace regatta::test
