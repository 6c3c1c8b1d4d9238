// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "harness/service.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/servers/text_files.hpp"

namespace regatta::test {
namespace {

template <class Colour>
class FileScan : public testing::Test {
 protected:
  std::string answer(std::uint64_t index) {
    Colour colour({workload_.dataset(), {{"files", folder_.string()}}, {}});
    using context = typename Colour::context;
    using task = typename context::template task<void>;
    buffer got;
    colour.run([&](context& ctx) -> task {
      const item it{index, workload_.input(index)};
      got = co_await workload_.instance().run(ctx, it);
    });
    return std::string(as_text(got));
  }

  temporary_directory directory_;
  const std::filesystem::path folder_ = directory_.path() / "files";
  opened_workload workload_{"file-scan", quick_options()};
};
TYPED_TEST_SUITE(FileScan, both_colours, colour_names);

TYPED_TEST(FileScan, CountsTheWordInEachFile) {
  const std::string input(as_text(this->workload_.input(5)));
  const std::string word = input.substr(0, input.find(' '));
  std::filesystem::create_directories(this->folder_);
  std::string text = "nothing of it";
  for (std::size_t number = 0; number < text_file_count(dataset_scale::quick); ++number) {
    std::ofstream(text_file_path(this->folder_, number)) << text;
    if (number % 64 == 63) text += ' ' + word + ", " + word;
  }
  std::string expected;
  for (std::size_t at = input.find(' '); at != input.npos; at = input.find(' ', at + 1)) {
    expected += std::to_string(std::stoul(input.substr(at + 1)) / 64 * 2) + ' ';
  }
  EXPECT_EQ(this->answer(5), expected);
}

TYPED_TEST(FileScan, AFileThatIsGoneIsAnError) {
  create_text_files(this->folder_, 1, text_file_count(dataset_scale::quick));
  EXPECT_NE(this->answer(0), "");
  std::filesystem::remove_all(this->folder_);
  EXPECT_THROW(this->answer(0), std::system_error);
}

TEST(TextFiles, AreTheSameForTheSameSeed) {
  const temporary_directory directory;
  create_text_files(directory.path() / "a", 1, 3);
  create_text_files(directory.path() / "b", 1, 3);
  create_text_files(directory.path() / "c", 2, 3);
  const auto text = [&](const char* folder) {
    std::ifstream file(text_file_path(directory.path() / folder, 2));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_GT(text("a").size(), 500U);
  EXPECT_EQ(text("a"), text("b"));
  EXPECT_NE(text("a"), text("c"));
  EXPECT_THROW(create_text_files(directory.path() / "a", 1, 3), std::runtime_error);
}

TEST(TextFiles, AreAServiceThatNoticesWhenTheyAreGone) {
  const temporary_directory directory;
  const auto service = services().at("files")(
      {.seed = 1, .scale = dataset_scale::quick, .directory = directory.path(), .settings = {}});
  EXPECT_EQ(service->failure(), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(text_file_path(service->endpoint(), 255)));
  std::filesystem::remove_all(service->endpoint());
  EXPECT_THAT(service->failure().value_or(""), testing::HasSubstr("is gone"));
}

TEST(TextFiles, TakeNoSettings) {
  const temporary_directory directory;
  EXPECT_THROW(services().at("files")({.seed = 1,
                                       .scale = dataset_scale::quick,
                                       .directory = directory.path(),
                                       .settings = {{"files.count", "3"}}}),
               std::invalid_argument);
}

}  // namespace
}  // namespace regatta::test
