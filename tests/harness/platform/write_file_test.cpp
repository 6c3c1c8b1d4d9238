// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/write_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "harness/platform/child_process.hpp"
#include "harness/platform/read_file.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) { return std::string(as_text(read_whole_file(path))); }

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(WriteFile, CreatesAndReplaces) {
  const test::temporary_directory directory;
  const auto path = directory.path() / "report";
  write_file(path, "first");
  EXPECT_EQ(text_of(path), "first");
  write_file(path, "");
  EXPECT_EQ(text_of(path), "");
  write_file(path, std::string(1'000'000, 'x'));
  EXPECT_EQ(fs::file_size(path), 1'000'000U);
  EXPECT_EQ(entries_of(directory.path()), 1U) << "no temporary file is left";
}

TEST(WriteFile, HasThePermissionsThatTheUmaskLeaves) {
  const test::temporary_directory directory;
  const mode_t before = ::umask(027);
  write_file(directory.path() / "report", "x");
  const mode_t after = ::umask(before);
  EXPECT_EQ(after, 027U) << "and the umask stays";
  EXPECT_EQ(static_cast<unsigned>(fs::status(directory.path() / "report").permissions()), 0640U);
}

TEST(WriteFile, AFullDiskLeavesTheOldContentAndNothingElse) {
  const test::temporary_directory directory;
  const auto path = directory.write("report", "the old one");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      write_file(path, std::string(100'000, 'x'));
    } catch (const std::system_error& error) {
      ::_exit(error.code() == std::errc::file_too_large ? 42 : 43);
    }
    ::_exit(0);
  }
  EXPECT_EQ(wait_child(child, true)->describe(), "exited with code 42");
  EXPECT_EQ(text_of(path), "the old one");
  EXPECT_EQ(entries_of(directory.path()), 1U) << "half a file lies about";
}

TEST(WriteFile, CannotReplaceADirectoryAndSaysSo) {
  const test::temporary_directory directory;
  directory.write("folder/file", "x");
  EXPECT_THROW(write_file(directory.path() / "folder", "x"), std::system_error);
  EXPECT_EQ(text_of(directory.path() / "folder" / "file"), "x");
  EXPECT_EQ(entries_of(directory.path()), 1U);
}

TEST(WriteFile, AMissingFolderIsASystemErrorThatNamesThePath) {
  const test::temporary_directory directory;
  try {
    write_file(directory.path() / "missing" / "report", "x");
    ADD_FAILURE() << "wrote it";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("missing/report"), std::string::npos) << error.what();
  }
}

TEST(WriteFile, GoesThroughASymbolicLinkToTheFileItMeans) {
  const test::temporary_directory directory;
  const auto real = directory.write("real/report", "old");
  const auto link = directory.path() / "link";
  fs::create_symlink(real, link);
  write_file(link, "new");
  EXPECT_TRUE(fs::is_symlink(link)) << "the link was replaced by a file";
  EXPECT_EQ(text_of(real), "new");
}

// `--output /dev/null` as root, in a container, must not turn /dev/null into a file.
// By way of a link, so that a failure of this test does no harm.
TEST(WriteFile, WritesIntoADeviceInsteadOfReplacingIt) {
  const test::temporary_directory directory;
  const auto link = directory.path() / "null";
  fs::create_symlink("/dev/null", link);
  write_file(link, "into the void");
  EXPECT_TRUE(fs::is_character_file(link));
}

TEST(CheckWritable, AcceptsANewFileAndAnOldOne) {
  const test::temporary_directory directory;
  EXPECT_NO_THROW(check_writable(directory.path() / "new"));
  EXPECT_NO_THROW(check_writable(directory.write("old", "x")));
  EXPECT_EQ(text_of(directory.path() / "old"), "x");
  EXPECT_FALSE(fs::exists(directory.path() / "new")) << "to look is not to create";
}

TEST(CheckWritable, LooksWhereALinkLeadsAndLeavesNothing) {
  const test::temporary_directory directory;
  fs::create_directory(directory.path() / "real");
  const auto link = directory.path() / "link";
  fs::create_symlink("real/report", link);  // relative to the link, and not there yet
  EXPECT_NO_THROW(check_writable(link));
  EXPECT_EQ(entries_of(directory.path() / "real"), 0U);
  write_file(link, "new");
  EXPECT_EQ(text_of(directory.path() / "real" / "report"), "new");
  fs::create_symlink("missing/report", directory.path() / "dangling");
  EXPECT_THROW(check_writable(directory.path() / "dangling"), std::system_error);
}

TEST(CheckWritable, RefusesWhatNotEvenRootCanWriteAndWhatHasNoName) {
  EXPECT_THROW(check_writable("/proc/report.json"), std::system_error);
  EXPECT_THROW(check_writable(""), std::system_error);
  EXPECT_NO_THROW(check_writable("/dev/null"));
}

TEST(CheckWritable, RefusesADirectoryAndAMissingFolder) {
  const test::temporary_directory directory;
  EXPECT_THROW(check_writable(directory.path()), std::system_error);
  EXPECT_THROW(check_writable(directory.path() / "missing" / "report"), std::system_error);
}

}  // namespace
}  // namespace regatta
