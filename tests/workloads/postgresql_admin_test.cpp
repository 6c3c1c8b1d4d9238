// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/postgresql_admin.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(PostgresqlVersion, IsShownAsPostgresqlDoes) {
  EXPECT_EQ(version_text(150018), "15.18");
  EXPECT_EQ(version_text(140000), "14.0");
  EXPECT_EQ(version_text(90624), "9.6");
}

TEST(PostgresqlVersion, ThatIsTooOldIsNamedWithTheOneNeeded) {
  EXPECT_EQ(too_old(140000), std::nullopt);
  EXPECT_EQ(too_old(150018), std::nullopt);
  EXPECT_EQ(too_old(130022),
            "the server is PostgreSQL 13.22; regatta needs 14 or later: use a newer one");
}

TEST(CopyText, EscapesWhatWouldEndTheValue) {
  EXPECT_EQ(copy_text("plain text"), "plain text");
  EXPECT_EQ(copy_text("a\tb\nc\\d\re"), "a\\tb\\nc\\\\d\\re");
  EXPECT_EQ(copy_text("\\N"), "\\\\N") << "not NULL";
}

}  // namespace
}  // namespace regatta::test
