// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp/tcp_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace regatta::test {
namespace {

TEST(TcpAddress, HasAHostAndAPort) {
  EXPECT_EQ(parse_tcp_address("tcp://127.0.0.1:7000"), (tcp_address{"127.0.0.1", "7000"}));
  EXPECT_EQ(parse_tcp_address("tcp://echo.example:1"), (tcp_address{"echo.example", "1"}));
  EXPECT_EQ(parse_tcp_address("tcp://[::1]:65535"), (tcp_address{"::1", "65535"}));
}

TEST(TcpAddress, AnythingElseIsRefusedInASentence) {
  for (const char* text : {"", "127.0.0.1:7000", "http://127.0.0.1:7000", "tcp://", "tcp://host",
                           "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://host:http",
                           "tcp://:7000", "tcp://[::1]", "tcp://a b:1", "tcp://host:1/path"}) {
    try {
      parse_tcp_address(text);
      ADD_FAILURE() << "took '" << text << "'";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("give one like tcp://127.0.0.1:7000")) << text;
    }
  }
}

}  // namespace
}  // namespace regatta::test
