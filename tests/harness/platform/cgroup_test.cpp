// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cgroup.hpp"

#include <gtest/gtest.h>

namespace regatta::cgroup {
namespace {

using namespace std::chrono_literals;

TEST(Cgroup, MembershipsOfBothVersionsAreRead) {
  const auto found = parse_memberships(
      "5:cpu,cpuacct:/docker/ab:c\n"
      "1:name=systemd:/\n"
      "0::/user.slice\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (membership{version::v1, {"cpu", "cpuacct"}, "/docker/ab:c"}));
  EXPECT_EQ(found[1], (membership{version::v1, {"name=systemd"}, "/"}));
  EXPECT_EQ(found[2], (membership{version::v2, {}, "/user.slice"}));
}

TEST(Cgroup, LinesThatAreNotMembershipsAreLeftOut) {
  EXPECT_TRUE(parse_memberships("").empty());
  EXPECT_TRUE(parse_memberships("\n:\nx:cpu:/\n3:cpu\n").empty());
}

TEST(Cgroup, MountsAreReadWithAndWithoutOptionalFields) {
  const auto found = parse_mounts(
      "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
      "41 31 0:38 /a\\040b /sys/fs/cgroup rw shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
      "cut off");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], (mount{version::v1, {"rw", "cpu", "cpuacct"}, "/", "/sys/fs/cgroup/cpu"}));
  EXPECT_EQ(found[1], (mount{version::v2, {}, "/a b", "/sys/fs/cgroup"}));
}

TEST(Cgroup, PathsAreTakenRelativeToTheRootOfTheMount) {
  const mount whole{version::v2, {}, "/", "/sys/fs/cgroup"};
  EXPECT_EQ(path_below(whole, "/"), "");
  EXPECT_EQ(path_below(whole, "/a/b"), "/a/b");
  const mount container{version::v1, {"cpu"}, "/docker/ab", "/sys/fs/cgroup/cpu"};
  EXPECT_EQ(path_below(container, "/docker/ab"), "");
  EXPECT_EQ(path_below(container, "/docker/ab/x"), "/x");
  EXPECT_EQ(path_below(container, "/docker/abc"), std::nullopt);
  EXPECT_EQ(path_below(container, "/other"), std::nullopt);
  EXPECT_EQ(path_below(whole, "/../sibling"), std::nullopt);
}

TEST(Cgroup, QuotasAreParsedAndNoLimitIsNoQuota) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("max 100000\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("max"), std::nullopt);
  EXPECT_EQ(parse_cpu_max(""), std::nullopt);
  EXPECT_EQ(parse_cpu_max("1000 0"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("50000\n", "100000\n"), 0.5);
  EXPECT_EQ(parse_cfs_quota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("50000\n", ""), std::nullopt);
}

TEST(Cgroup, CpuStatOfBothVersionsGivesTheSameUnits) {
  EXPECT_EQ(parse_cpu_stat("nr_periods 10\nnr_throttled 3\nthrottled_time 2500000\n"),
            (throttling{10, 3, 2500us}));
  EXPECT_EQ(parse_cpu_stat("usage_usec 7\nuser_usec 4\nsystem_usec 3\n"
                           "nr_periods 10\nnr_throttled 3\nthrottled_usec 2500\n"
                           "nr_bursts 0\nburst_usec 0\n"),
            (throttling{10, 3, 2500us}));
  EXPECT_EQ(parse_cpu_stat("usage_usec 7\nuser_usec 4\nsystem_usec 3\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_stat(""), std::nullopt);
}

}  // namespace
}  // namespace regatta::cgroup
