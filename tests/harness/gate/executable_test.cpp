// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/executable.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <stdexcept>

#include "harness/gate/program_launch.hpp"
#include "harness/gate/subject_kind.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta {
namespace {

bool never() { return false; }

TEST(FindProgram, LooksInThePathForPlainNamesOnly) {
  const auto shell = find_program("sh");
  ASSERT_TRUE(shell);
  EXPECT_EQ(::access(shell->c_str(), X_OK), 0);
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_EQ(find_program("./sh"), std::nullopt);
  EXPECT_EQ(find_program("no-such-program-anywhere"), std::nullopt);
  EXPECT_EQ(find_program("/etc/passwd"), std::nullopt) << "not executable";
  EXPECT_EQ(find_program("/bin"), std::nullopt) << "a folder";
}

TEST(ExecutableCopy, RunsHasTheSameDigestAndGoesAway) {
  std::string path;
  {
    const executable_copy copy("/bin/sh");
    path = copy.path();
    EXPECT_NE(path, "/bin/sh");
    EXPECT_EQ(file_digest(path), file_digest("/bin/sh"));
    const auto ended = run_to_end({.program = path, .arguments = {"-c", "exit 7"}}, never);
    EXPECT_EQ(ended.failure(), "exited with code 7");
  }
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));
}

TEST(FileDigest, TellsFilesApart) {
  EXPECT_EQ(file_digest("/bin/sh").size(), 16u);
  EXPECT_NE(file_digest("/bin/sh"), file_digest("/bin/cat"));
  EXPECT_EQ(file_digest("/nowhere"), "");
}

TEST(SubjectKind, StartsNothingThatDoesNotLookLikeIt) {
  // It would leave a trace.
  const test::temporary_directory folder;
  const auto script = folder.path() / "script";
  std::ofstream(script) << "#!/bin/sh\ntouch " << (folder.path() / "trace").string() << "\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(detect_subject_kind(script.string(), never), subject_kind::command);
  EXPECT_EQ(detect_subject_kind(script.string() + " with arguments", never), subject_kind::command);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "trace"));
}

TEST(SubjectKind, AsksWhatLooksLikeABenchmark) {
  const test::temporary_directory folder;
  const auto script = folder.path() / "script";
  std::ofstream(script) << "#!/bin/sh\n[ $1 = --benchmark_list_tests=true ] && echo BM_x\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(detect_subject_kind(script.string(), never), subject_kind::google_benchmark);
  std::ofstream(script) << "#!/bin/sh\n# benchmark_list_tests\nexit 1\n";
  EXPECT_EQ(detect_subject_kind(script.string(), never), subject_kind::command);
}

TEST(SubjectKind, RefusesWhatCannotBeStarted) {
  EXPECT_THROW(detect_subject_kind("./no-such-thing", never), std::invalid_argument);
  EXPECT_THROW(detect_subject_kind("no-such-thing --flag", never), std::invalid_argument);
  EXPECT_THROW(detect_subject_kind("ls | wc", never), std::invalid_argument);
}

}  // namespace
}  // namespace regatta
