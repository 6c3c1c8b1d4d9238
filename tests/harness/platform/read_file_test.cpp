// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/read_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <system_error>

#include "tests/workloads/temporary_directory.hpp"

namespace regatta {
namespace {

TEST(ReadWholeFile, GivesEveryByte) {
  const test::temporary_directory directory;
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += static_cast<char>(i);
  EXPECT_EQ(as_text(read_whole_file(directory.write("file", text))), text);
  EXPECT_TRUE(read_whole_file(directory.write("empty", "")).empty());
}

TEST(ReadWholeFile, DoesNotBelieveASizeOfZero) {
  EXPECT_NE(as_text(read_whole_file("/proc/self/status")).find("Threads:"), std::string_view::npos);
}

TEST(ReadWholeFile, NamesThePathThatItCannotRead) {
  const test::temporary_directory directory;
  for (const auto& path : {directory.path() / "missing", directory.path()}) {
    try {
      read_whole_file(path);
      ADD_FAILURE() << "read " << path;
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace regatta
