// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/postgresql_endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresqlEndpoint, IsToldFromAFile) {
  EXPECT_TRUE(is_postgresql("postgresql://host/db"));
  EXPECT_TRUE(is_postgresql("postgres://host/db"));
  EXPECT_FALSE(is_postgresql("/tmp/postgresql/database.sqlite"));
  EXPECT_FALSE(is_postgresql(""));
}

TEST(PostgresqlEndpoint, SurvivesBeingText) {
  const postgresql_endpoint endpoint{"postgresql:///?user=a%23b", 3, 24, 750ms};
  EXPECT_EQ(parse_postgresql_endpoint(to_text(endpoint)), endpoint);
}

TEST(PostgresqlEndpoint, APlainUrlHasTheUsualLimits) {
  postgresql_endpoint usual;
  usual.url = "postgresql://user:a#per_b@host/db";
  EXPECT_EQ(parse_postgresql_endpoint(usual.url), usual);
  EXPECT_EQ(usual.per_loop, 16U);
}

TEST(PostgresqlEndpoint, NobodyIsLeftWithoutAConnection) {
  const auto endpoint = parse_postgresql_endpoint("postgresql://h#per_loop=0&per_process=0");
  EXPECT_EQ(endpoint.per_loop, 1U);
  EXPECT_EQ(endpoint.per_process, 1U);
}

TEST(ConnectionUrl, KeepsEveryCharacterOfItsOptions) {
  const connection_options options = {{"host", "/tmp/a b"},
                                      {"user", "o'neil@home"},
                                      {"password", "p:/?#[]@!$&'()*+,;=% \xc3\xa4"},
                                      {"options", "-c search_path=a -c geqo=off"}};
  EXPECT_EQ(parse_connection_url(connection_url(options)), options);
}

TEST(ConnectionUrl, OptionsAreThoseOfTheUrl) {
  const auto options =
      parse_connection_url("postgresql://me:pw@db.example:5433/shop?sslmode=require");
  EXPECT_EQ(options, (connection_options{{"user", "me"},
                                         {"password", "pw"},
                                         {"host", "db.example"},
                                         {"port", "5433"},
                                         {"dbname", "shop"},
                                         {"sslmode", "require"}}));
}

TEST(ConnectionUrl, AWrongOneIsNotQuoted) {
  for (const char* const url :
       {"postgresql://me:s3cret%zz@host/db", "postgresql://host/db?s3cret=1", "host=s3cret",
        "postgresql://me:s3cret@[::1/db", "postgresql://me:a@s3cret@host/db",
        "postgresql://me:a@b:s3cret@host/db"}) {
    try {
      parse_connection_url(url);
      ADD_FAILURE() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("postgresql://user@host:port/database"));
      EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    }
  }
}

}  // namespace
}  // namespace regatta::test
