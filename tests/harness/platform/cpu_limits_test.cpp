// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cpu_limits.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "harness/platform/affinity.hpp"
#include "harness/platform/cgroup.hpp"
#include "harness/platform/proc_text.hpp"
#include "tests/harness/platform/fake_tree.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using testing::fake_tree;

constexpr const char* v2_mount =
    "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
constexpr const char* v1_mount =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

fake_tree& version_2(fake_tree& tree, const std::string& path) {
  tree.put("proc/self/cgroup", "0::" + path + "\n");
  tree.put("proc/self/mountinfo", v2_mount);
  return tree;
}

fake_tree& version_1(fake_tree& tree, const std::string& path) {
  tree.put("proc/self/cgroup", "4:memory:/else\n3:cpu,cpuacct:" + path + "\n");
  tree.put("proc/self/mountinfo", v1_mount);
  return tree;
}

void put_v1_quota(const fake_tree& tree, const std::string& path, const char* quota) {
  tree.put("sys/fs/cgroup/cpu,cpuacct" + path + "/cpu.cfs_quota_us", quota);
  tree.put("sys/fs/cgroup/cpu,cpuacct" + path + "/cpu.cfs_period_us", "100000\n");
}

std::string source(const fake_tree& tree, const char* path) {
  return (tree.root() / path).string();
}

TEST(UsableCpus, AQuotaIsRoundedDownButNeverBelowOne) {
  EXPECT_EQ(usable_cpus(8, std::nullopt), 8U);
  EXPECT_EQ(usable_cpus(8, 0.5), 1U);
  EXPECT_EQ(usable_cpus(8, 1.5), 1U);
  EXPECT_EQ(usable_cpus(8, 2.0), 2U);
  EXPECT_EQ(usable_cpus(2, 16.0), 2U);
  EXPECT_EQ(usable_cpus(0, std::nullopt), 1U);
}

TEST(CpuLimits, WithoutCgroupsTheAffinityIsAllThereIs) {
  const fake_tree tree;
  const auto limits = read_cpu_limits(tree.root());
  EXPECT_EQ(limits.quota_cpus, std::nullopt);
  EXPECT_EQ(limits.quota_source, "none");
  EXPECT_EQ(limits.affinity, current_affinity());
  EXPECT_EQ(limits.usable, std::max<std::size_t>(1, limits.affinity.size()));
  EXPECT_EQ(read_throttling(tree.root()), std::nullopt);
}

TEST(CpuLimits, OnlineCpusAreCountedFromTheKernelsList) {
  const fake_tree tree;
  tree.put("sys/devices/system/cpu/online", "0-3,8\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).visible, 5U);
}

TEST(CpuLimits, Version2QuotaOfTheOwnGroup) {
  fake_tree tree;
  version_2(tree, "/pod/app").put("sys/fs/cgroup/pod/app/cpu.max", "50000 100000\n");
  const auto limits = read_cpu_limits(tree.root());
  EXPECT_EQ(limits.quota_cpus, 0.5);
  EXPECT_EQ(limits.usable, 1U);
  EXPECT_EQ(limits.quota_source, source(tree, "sys/fs/cgroup/pod/app/cpu.max"));
}

TEST(CpuLimits, ATighterParentWins) {
  fake_tree tree;
  version_2(tree, "/pod/app").put("sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n");
  tree.put("sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 1.5);
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_source, source(tree, "sys/fs/cgroup/pod/cpu.max"));
}

TEST(CpuLimits, ALooserParentDoesNotAndASiblingNeverDoes) {
  fake_tree tree;
  version_2(tree, "/pod/app").put("sys/fs/cgroup/pod/app/cpu.max", "200000 100000\n");
  tree.put("sys/fs/cgroup/pod/cpu.max", "max 100000\n");
  tree.put("sys/fs/cgroup/pod/other/cpu.max", "10000 100000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 2.0);
}

TEST(CpuLimits, Version1QuotaThroughTheMountOfItsController) {
  fake_tree tree;
  version_1(tree, "/batch/job");
  put_v1_quota(tree, "", "-1\n");
  put_v1_quota(tree, "/batch", "100000\n");
  put_v1_quota(tree, "/batch/job", "300000\n");
  const auto limits = read_cpu_limits(tree.root());
  EXPECT_EQ(limits.quota_cpus, 1.0);
  EXPECT_EQ(limits.quota_source, source(tree, "sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us"));
}

TEST(CpuLimits, InAContainerWhosePathIsTheHostsTheRootOfTheMountCounts) {
  fake_tree tree;
  version_1(tree, "/docker/0123abcd");
  put_v1_quota(tree, "", "50000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 0.5);
}

TEST(CpuLimits, InAContainerWhoseMountStartsAtItsOwnGroupTheRestOfThePathCounts) {
  fake_tree tree;
  tree.put("proc/self/cgroup", "3:cpu:/docker/0123/inner\n");
  tree.put("proc/self/mountinfo",
           "32 31 0:29 /docker/0123 /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu\n");
  put_v1_quota(tree, "", "200000\n");
  put_v1_quota(tree, "/inner", "50000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 0.5);
}

TEST(CpuLimits, OutsideOfItsNamespaceTheRootOfTheMountCounts) {
  fake_tree tree;
  version_2(tree, "/../elsewhere").put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 0.5);
}

TEST(CpuLimits, OnAHybridMachineTheTightestOfBothVersionsCounts) {
  fake_tree tree;
  tree.put("proc/self/cgroup", "3:cpu,cpuacct:/job\n0::/unified\n");
  tree.put("proc/self/mountinfo",
           std::string(v1_mount) + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  put_v1_quota(tree, "/job", "250000\n");
  tree.put("sys/fs/cgroup/unified/unified/cgroup.procs", "");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 2.5);
  tree.put("sys/fs/cgroup/unified/unified/cpu.max", "100000 100000\n");
  EXPECT_EQ(read_cpu_limits(tree.root()).quota_cpus, 1.0);
}

TEST(Throttling, IsReadWhereTheQuotaBinds) {
  fake_tree tree;
  version_2(tree, "/pod/app").put("sys/fs/cgroup/pod/cpu.max", "50000 100000\n");
  tree.put("sys/fs/cgroup/pod/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_usec 70\n");
  tree.put("sys/fs/cgroup/pod/app/cpu.stat", "nr_periods 1\nnr_throttled 0\nthrottled_usec 0\n");
  EXPECT_EQ(read_throttling(tree.root()), (throttling{9, 4, 70us}));
}

TEST(Throttling, WithoutAQuotaIsThatOfTheOwnGroup) {
  fake_tree tree;
  version_1(tree, "/job");
  put_v1_quota(tree, "/job", "-1\n");
  tree.put("sys/fs/cgroup/cpu,cpuacct/job/cpu.stat",
           "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
  EXPECT_EQ(read_throttling(tree.root()), throttling{});
}

TEST(Throttling, DifferencesAreTakenFieldByField) {
  EXPECT_EQ((throttling{9, 4, 70us} - throttling{5, 1, 20us}), (throttling{4, 3, 50us}));
}

TEST(CpuLimits, OfThisMachineAreConsistent) {
  const auto limits = read_cpu_limits();
  EXPECT_GE(limits.visible, 1U);
  EXPECT_FALSE(limits.affinity.empty());
  EXPECT_EQ(limits.usable, usable_cpus(limits.affinity.size(), limits.quota_cpus));
}

/// A cgroup of version 1 with a quota of its own, for as long as this lives.
class real_group {
 public:
  real_group() {
    const auto mountinfo = proc_text::read_file("/proc/self/mountinfo");
    for (const auto& mount : cgroup::parse_mounts(mountinfo.value_or(""))) {
      const auto& names = mount.controllers;
      if (std::find(names.begin(), names.end(), "cpu") == names.end()) continue;
      path_ = std::filesystem::path(mount.point) / ("regatta-test-" + std::to_string(::getpid()));
      std::error_code error;
      made_ = std::filesystem::create_directory(path_, error);
      return;
    }
  }
  real_group(const real_group&) = delete;
  real_group& operator=(const real_group&) = delete;
  ~real_group() {
    if (made_) ::rmdir(path_.c_str());
  }
  bool made() const { return made_; }
  bool set(const char* file, const std::string& value) const {
    std::ofstream out(path_ / file);
    out << value << std::flush;
    return out.good();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool made_ = false;
};

TEST(CpuLimits, AChildInARealGroupOfHalfACpuReadsOneUsable) {
  const real_group group;
  if (!group.made()) GTEST_SKIP() << "no writable cgroup v1 hierarchy of the cpu controller";
  if (!group.set("cpu.cfs_quota_us", "50000") || !group.set("cpu.cfs_period_us", "100000")) {
    GTEST_SKIP() << "the quota of " << group.path() << " cannot be set";
  }
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const bool moved = group.set("cgroup.procs", std::to_string(::getpid()));
    const auto limits = read_cpu_limits();
    const bool same = limits.quota_source == (group.path() / "cpu.cfs_quota_us").string();
    const std::array<double, 4> answer{moved ? 1. : 0., limits.quota_cpus.value_or(-1),
                                       double(limits.usable), same ? 1. : 0.};
    ::_exit(::write(ends[1], answer.data(), sizeof(answer)) == sizeof(answer) ? 0 : 1);
  }
  ::close(ends[1]);
  std::array<double, 4> answer{};
  EXPECT_EQ(::read(ends[0], answer.data(), sizeof(answer)), ssize_t{sizeof(answer)});
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  if (answer[0] == 0) GTEST_SKIP() << "no process may be moved into " << group.path();
  EXPECT_EQ(answer[1], 0.5);
  EXPECT_EQ(answer[2], 1);
  EXPECT_EQ(answer[3], 1) << "the source is not " << group.path();
}

}  // namespace
}  // namespace regatta
