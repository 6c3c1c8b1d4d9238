// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/private_postgresql.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <string>

#include "tests/workloads/temporary_directory.hpp"
#include "workloads/servers/postgresql_admin.hpp"

namespace regatta::test {
namespace {

TEST(PrivatePostgresql, IsOneOfItsOwnAndLeavesNothing) {
  if (const auto missing = private_postgresql::why_unavailable()) GTEST_SKIP() << *missing;
  std::filesystem::path directory;
  pid_t pid = 0;
  {
    private_postgresql server;
    directory = server.directory();
    pid = server.pid();
    postgresql_admin admin(parse_connection_url(server.url()));
    EXPECT_EQ(admin.execute("SHOW listen_addresses")[0][0], "");
    EXPECT_EQ(admin.execute("SHOW lc_collate")[0][0], "C.UTF-8");
    EXPECT_EQ(server.failure(), std::nullopt);
    struct stat status {};
    ASSERT_EQ(::stat(directory.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U) << "everybody is trusted who can reach the socket";
    if (::geteuid() == 0) {
      EXPECT_NE(status.st_uid, 0U);
    }

    server.kill();
    EXPECT_EQ(server.failure(), "the private PostgreSQL server (pid " + std::to_string(pid) +
                                    ") was killed by SIGKILL");
    server.start();
    EXPECT_EQ(server.failure(), std::nullopt);
    pid = server.pid();
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(PrivateDirectory, ThoseOfMakersThatHaveEndedAreRemoved) {
  const temporary_directory place;
  const user_identity me{::geteuid(), ::getegid()};
  const auto mine = std::make_unique<private_directory>(
      "regatta-x", me, std::vector<std::filesystem::path>{place.path()}, 1000);
  place.write("regatta-x-AAAAAA/in-use", "");
  place.write("regatta-x-AAAAAA/data/file", "");
  place.write("regatta-x-BBBBBB/data/file", "");  // never locked: not of our making
  place.write("regatta-y-CCCCCC/in-use", "");
  remove_abandoned(place.path(), "regatta-x");
  EXPECT_TRUE(std::filesystem::exists(mine->path()));
  EXPECT_FALSE(std::filesystem::exists(place.path() / "regatta-x-AAAAAA"));
  EXPECT_TRUE(std::filesystem::exists(place.path() / "regatta-x-BBBBBB"));
  EXPECT_TRUE(std::filesystem::exists(place.path() / "regatta-y-CCCCCC"));
}

TEST(PrivateDirectory, LiesWhereItsOwnerCanReachIt) {
  const temporary_directory closed;  // mkdtemp's: 0700
  const temporary_directory open;
  std::filesystem::permissions(open.path(), std::filesystem::perms(0711));
  const user_identity somebody{65534, 65534};
  EXPECT_FALSE(can_reach(closed.path(), somebody));
  EXPECT_TRUE(can_reach(closed.path(), {::geteuid(), ::getegid()}));
  EXPECT_TRUE(can_reach(open.path(), somebody));
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives directories away";
  const private_directory made("regatta-x", somebody, {closed.path(), open.path()}, 1000);
  EXPECT_EQ(made.path().parent_path(), open.path());
  EXPECT_THROW(private_directory("regatta-x", somebody, {closed.path()}, 1000), std::runtime_error);
  EXPECT_THROW(private_directory("regatta-x", somebody, {open.path()}, 10), std::runtime_error);
}

}  // namespace
}  // namespace regatta::test
