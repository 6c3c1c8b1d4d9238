// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/async_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "harness/contexts/async_runtime.hpp"
#include "tests/support/open_descriptors.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

using ::testing::StartsWith;

// More than a ring can have: the kernel refuses, as one without io_uring does.
constexpr unsigned impossible_depth = 1U << 30U;

// Files of an event loop, by a ring of a given depth.
class AsyncFiles : public testing::TestWithParam<unsigned> {
 protected:
  bool by_ring() const { return files_.how() == "io_uring"; }

  std::vector<buffer> read_all(const std::vector<std::filesystem::path>& paths) {
    std::vector<buffer> contents(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) loop_.start(read(paths[i], contents[i]));
    loop_.run();
    return contents;
  }

  std::filesystem::path written(const std::string& name, std::size_t size) {
    std::string text;
    while (text.size() < size) text += name + " ";
    text.resize(size);
    return directory_.write(name, text);
  }

  temporary_directory directory_;
  event_loop loop_;
  helper_threads helpers_{2};
  async_files files_{loop_, helpers_, GetParam()};

 private:
  async_task<void> read(std::filesystem::path path, buffer& content) {
    content = co_await files_.read(std::move(path));
  }
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_P(AsyncFiles, ReadsFilesOfAllSizes) {
  std::vector<std::filesystem::path> paths;
  for (const std::size_t size : {0U, 1U, 4096U, 16383U, 16384U, 16385U, 100'000U}) {
    paths.push_back(written("of " + std::to_string(size), size));
  }
  EXPECT_EQ(files_.how(), "") << "nothing was read yet";
  const auto contents = read_all(paths);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(as_text(contents[i]), text_of(paths[i])) << paths[i];
  }
}

TEST_P(AsyncFiles, ManyAtOnceWaitInLine) {
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 200; ++i) paths.push_back(written(std::to_string(i), 700));
  for (int round = 0; round < 2; ++round) {
    const auto contents = read_all(paths);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      ASSERT_EQ(as_text(contents[i]), text_of(paths[i])) << paths[i];
    }
  }
}

TEST_P(AsyncFiles, AMissingFileIsNamedAndTheOthersAreRead) {
  const auto there = written("there", 10);
  const auto missing = directory_.path() / "missing";
  try {
    read_all({there, missing});
    ADD_FAILURE() << "read it";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find(missing.string()), std::string::npos) << error.what();
  }
  EXPECT_EQ(as_text(read_all({there}).at(0)), text_of(there));
}

TEST_P(AsyncFiles, ADirectoryIsAnError) {
  EXPECT_THROW(read_all({directory_.path()}), std::system_error);
}

TEST_P(AsyncFiles, LeavesNoDescriptorOpen) {
  const auto path = written("one", 100);
  read_all({path});
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) read_all({path, path, path});
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(AsyncFiles, SaysHowItReads) {
  read_all({written("one", 100)});
  if (GetParam() == impossible_depth) {
    EXPECT_THAT(files_.how(), StartsWith("helper threads (io_uring: no ring: "));
  } else if (!by_ring()) {
    EXPECT_THAT(files_.how(), StartsWith("helper threads (io_uring: "));
    GTEST_SKIP() << files_.how();
  }
}

INSTANTIATE_TEST_SUITE_P(Depths, AsyncFiles,
                         testing::Values(uring_files::usual_depth, 2U, impossible_depth),
                         [](const auto& info) {
                           return info.param == impossible_depth
                                      ? std::string("helper_threads")
                                      : "ring_of_" + std::to_string(info.param);
                         });

async_task<void> read_by(uring_files& files, std::filesystem::path path) {
  (void)co_await files.read(std::move(path));
}

async_task<void> stop_after_some_turns(event_loop& loop) {
  for (int turns = 0; turns < 20; ++turns) co_await loop.yield();
  loop.io().stop();
}

// The kernel may still write to a file's buffer when its reader is given up.
TEST(UringFiles, EndsWithAFileOnItsWay) {
  const temporary_directory directory;
  const auto endless = directory.path() / "pipe";  // nobody will ever write to it
  ASSERT_EQ(::mkfifo(endless.c_str(), 0600), 0);
  event_loop loop;
  std::optional<uring_files> files;
  try {
    files.emplace(loop);
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  loop.start(read_by(*files, endless));
  loop.start(stop_after_some_turns(loop));
  loop.run();
  files.reset();
}

}  // namespace
}  // namespace regatta::test
