// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/request_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace regatta::http_load::test {
namespace {

load_plan plan_for(const std::string& url) {
  load_plan plan;
  set_url(plan, url);
  return plan;
}

TEST(LoadUrl, IsTakenApart) {
  const load_plan plan = plan_for("https://[::1]:8443/a/b?c=d#e");
  EXPECT_TRUE(plan.tls);
  EXPECT_EQ(plan.host, "::1");
  EXPECT_EQ(plan.port, "8443");
  EXPECT_EQ(plan.target, "/a/b?c=d");
  EXPECT_EQ(plan_for("http://localhost").target, "/");
  EXPECT_EQ(plan_for("http://localhost").port, "80");
  EXPECT_EQ(plan_for("http://localhost?q=1").target, "/?q=1");
  EXPECT_EQ(plan_for("http://localhost/a/").target, "/a/") << "a path is sent as it is";
}

TEST(LoadUrl, WhatIsNoneIsRefused) {
  for (const char* url : {"", "localhost:80", "ftp://a/", "http://", "http://a:99999/",
                          "http://a/b c", "http://a/b\r\nX: y", "http://user@a/"}) {
    EXPECT_THROW(plan_for(url), std::invalid_argument) << url;
  }
}

TEST(RequestText, HasWhatAServerNeeds) {
  EXPECT_EQ(request_text(plan_for("http://localhost:8080/x")),
            "GET /x HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: regatta\r\n\r\n");
  EXPECT_EQ(request_text(plan_for("http://[::1]/")),
            "GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: regatta\r\n\r\n");
}

TEST(RequestText, ABodyHasALengthAndAnEmptyOneOfAPostToo) {
  load_plan plan = plan_for("http://localhost/");
  plan.method = "POST";
  EXPECT_NE(request_text(plan).find("Content-Length: 0\r\n\r\n"), std::string::npos);
  plan.body = "{\"a\":1}";
  EXPECT_TRUE(request_text(plan).ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST(RequestText, GivenHeadersReplaceOurs) {
  load_plan plan = plan_for("http://localhost/");
  plan.headers = {{"host", "example.org"}, {"USER-AGENT", "me"}, {"X-Empty", ""}};
  EXPECT_EQ(request_text(plan),
            "GET / HTTP/1.1\r\nhost: example.org\r\nUSER-AGENT: me\r\nX-Empty: \r\n\r\n");
}

TEST(RequestText, NothingIsSmuggledIn) {
  load_plan plan = plan_for("http://localhost/");
  for (const auto& header : std::vector<std::pair<std::string, std::string>>{
           {"A", "b\r\nC: d"}, {"A b", "c"}, {"", "c"}, {"Content-Length", "3"}}) {
    plan.headers = {header};
    EXPECT_THROW(request_text(plan), std::invalid_argument) << header.first;
  }
  plan.headers.clear();
  plan.method = "GET /";
  EXPECT_THROW(request_text(plan), std::invalid_argument);
}

TEST(AskForStream, MakesAChatCompletionOfAnyUrl) {
  for (const char* url :
       {"http://h:1", "http://h:1/v1", "http://h:1/v1/", "http://h:1/v1/chat/completions"}) {
    load_plan plan = plan_for(url);
    ask_for_stream(plan, "m", "Say \"hi\"", 7, "key");
    EXPECT_EQ(plan.target, "/v1/chat/completions") << url;
    const auto body = nlohmann::json::parse(plan.body);
    EXPECT_EQ(body["messages"][0]["content"], "Say \"hi\"");
    EXPECT_EQ(body["max_tokens"], 7);
    EXPECT_EQ(body["stream"], true);
    EXPECT_NE(request_text(plan).find("Authorization: Bearer key\r\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace regatta::http_load::test
