// SPDX-License-Identifier: Apache-2.0
#include "harness/http_message.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "harness/http/internal/beast_exchange.hpp"

namespace regatta {
namespace {

TEST(ParseOrigin, ReadsHostPortAndPrefix) {
  EXPECT_EQ(parse_origin("http://127.0.0.1:8080"), (http_origin{false, "127.0.0.1", "8080", ""}));
  EXPECT_EQ(parse_origin("https://api.example.com/v1"),
            (http_origin{true, "api.example.com", "443", "/v1"}));
  EXPECT_EQ(parse_origin("http://host"), (http_origin{false, "host", "80", ""}));
}

TEST(ParseOrigin, ThePrefixNeverEndsInASlash) {
  EXPECT_EQ(parse_origin("http://host/").base_path, "");
  EXPECT_EQ(parse_origin("http://host/a/b//").base_path, "/a/b");
}

TEST(ParseOrigin, AnAddressInBracketsMayHaveAPort) {
  EXPECT_EQ(parse_origin("http://[::1]:8080"), (http_origin{false, "::1", "8080", ""}));
  EXPECT_EQ(parse_origin("https://[::1]/x"), (http_origin{true, "::1", "443", "/x"}));
}

class RefusedOrigin : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedOrigin, IsQuotedInASentenceWithAnExample) {
  try {
    const auto origin = parse_origin(GetParam());
    ADD_FAILURE() << "host '" << origin.host << "', port '" << origin.port << "'";
  } catch (const std::invalid_argument& error) {
    const std::string said = error.what();
    EXPECT_NE(said.find("'" + std::string(GetParam()) + "'"), std::string::npos) << said;
    EXPECT_NE(said.find("http://127.0.0.1:8080"), std::string::npos) << said;
  }
}

INSTANTIATE_TEST_SUITE_P(Text, RefusedOrigin,
                         ::testing::Values("", "localhost:8080", "ftp://host", "http:/host",
                                           "http://", "http:///path", "http://:8080",
                                           "http://host:", "http://host:http", "http://host:0",
                                           "http://host:65536", "http://host:-1",
                                           "http://host:999999999999999999999"));

// Accepted, these would fail much later, in a resolver, with a sentence that helps nobody.
INSTANTIATE_TEST_SUITE_P(Host, RefusedOrigin,
                         ::testing::Values("http://host:80:90", "http://[::1", "http://two words",
                                           "http://host?query=1"));

TEST(MakeRequest, KeepsTheBracketsOfAnAddressInTheHostHeader) {
  const auto wire = internal::make_request(parse_origin("http://[::1]:8080"), "llm", "", {});
  EXPECT_EQ(wire[boost::beast::http::field::host], "[::1]:8080") << "RFC 9110, section 7.2";
}

TEST(MakeRequest, PutsThePrefixBeforeTheTarget) {
  http_request request;
  request.target = "/x";
  const auto wire =
      internal::make_request(parse_origin("http://h/v1"), "llm", "", std::move(request));
  EXPECT_EQ(wire.target(), "/v1/x");
}

}  // namespace
}  // namespace regatta
