// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>

#include "tests/harness/contexts/colours.hpp"
#include "tests/harness/http/scripted_server.hpp"
#include "workloads/servers/tcp_echo_server.hpp"

// exchange() of both contexts, against the echo server and servers that misbehave.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

class running_echo {
 public:
  running_echo() : thread_([this] { server_.run(); }) {}
  ~running_echo() { server_.stop(); }
  std::string url() const { return "tcp://127.0.0.1:" + std::to_string(server_.port()); }

 private:
  tcp_echo_server server_;
  std::jthread thread_;
};

std::string tcp_url(const scripted_server& server) {
  return "tcp" + server.url().substr(std::string("http").size());
}

template <class Colour>
class TcpClient : public testing::Test {};
TYPED_TEST_SUITE(TcpClient, both_colours, colour_names);

template <class Colour>
std::string exchanged(Colour& colour, const std::string& message, std::size_t answer_bytes,
                      std::chrono::nanoseconds limit = 20s) {
  using context = typename Colour::context;
  using task = typename context::template task<void>;
  std::string got = "nothing in time";
  colour.run([&](context& ctx) -> task {
    const auto step = [&](context& scoped) {
      return scoped.exchange("echo", as_bytes(message), answer_bytes);
    };
    const auto answer = co_await ctx.with_timeout(limit, step);
    if (answer) got = as_text(*answer);
  });
  return got;
}

TYPED_TEST(TcpClient, GetsBackWhatItSent) {
  const running_echo server;
  TypeParam colour({{}, {{"echo", server.url()}}, {}});
  for (const std::size_t size : {1U, 1024U, 200'000U}) {
    const std::string message(size, 'x');
    EXPECT_EQ(exchanged(colour, message, size), message);
  }
}

TYPED_TEST(TcpClient, AMessageLargerThanAllBuffersBetweenThemComesBack) {
  const running_echo server;
  TypeParam colour({{}, {{"echo", server.url()}}, {}});
  std::string message;
  for (int i = 0; message.size() < 12'000'000; ++i) message += std::to_string(i);
  EXPECT_TRUE(exchanged(colour, message, message.size()) == message);
}

TYPED_TEST(TcpClient, ExchangesOneAfterTheOtherShareAConnection) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    while (connection.request()) connection.send("four");
  });
  TypeParam colour({{}, {{"echo", tcp_url(server)}}, {}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exchanged(colour, "question\r\n\r\n", 4), "four");
  EXPECT_EQ(connections, 1);
}

TYPED_TEST(TcpClient, AKeptConnectionThatWasClosedIsReplacedUnseen) {
  std::atomic<int> connections{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    connection.request();
    connection.send("four");
  });
  TypeParam colour({{}, {{"echo", tcp_url(server)}}, {}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exchanged(colour, "question\r\n\r\n", 4), "four");
  EXPECT_EQ(connections, 3);
}

TYPED_TEST(TcpClient, AnAnswerThatBreaksOffIsAnError) {
  scripted_server server([&](raw_connection& connection, int) {
    connection.request();
    connection.send("fo");
  });
  TypeParam colour({{}, {{"echo", tcp_url(server)}}, {}});
  EXPECT_THROW(exchanged(colour, "question\r\n\r\n", 4), std::system_error);
}

TYPED_TEST(TcpClient, ASilentServerEndsAtTheDeadlineAndItsConnectionIsClosed) {
  std::atomic<bool> closed{false};
  {
    std::counting_semaphore<> accepted{0};
    scripted_server server([&](raw_connection& connection, int) {
      accepted.release();
      connection.request();
      closed = !connection.request();
    });
    TypeParam colour({{}, {{"echo", tcp_url(server)}}, {}});
    do {  // who was not run for 10 ms has not even connected
      EXPECT_EQ(exchanged(colour, "question\r\n\r\n", 4, 10ms), "nothing in time");
    } while (!accepted.try_acquire_for(1s));
  }
  EXPECT_TRUE(closed);
}

TYPED_TEST(TcpClient, ConnectionRefusedIsASystemError) {
  const refusing_port nobody;
  TypeParam colour({{}, {{"echo", "tcp" + nobody.url.substr(4)}}, {}});
  try {
    exchanged(colour, "hello", 5);
    ADD_FAILURE() << "connected";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::connection_refused) << error.what();
  }
}

}  // namespace
}  // namespace regatta::test
