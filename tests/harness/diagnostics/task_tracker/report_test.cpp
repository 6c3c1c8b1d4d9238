// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/diagnostics/task_tracker/report_limit.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

task_report example() {
  task_report report;
  report.finding = task_finding::exception_lost;
  report.message = "exception never retrieved: \"x\"\n\ttab";
  report.task.serial = 12;
  report.task.function = "echo";
  report.task.signature = "echo(tcp::socket)";
  report.task.created = {"/src/echo.cpp", 40};
  report.task.defined = {"/src/echo.cpp", 10};
  report.task.origin = {{0x1000, "listen", {"/src/echo.cpp", 40}, false},
                        {0x2000, "boost::asio::run()", {"/usr/include/boost/asio/x.hpp", 7}, false},
                        {0x3000, "main", {"/src/main.cpp", 3}, true}};
  report.exception = std::make_exception_ptr(std::runtime_error("x"));
  report.exception_type = "std::runtime_error";
  report.exception_text = "x";
  return report;
}

TEST(TaskReport, AsTextIsOneBlockWithoutTheInsidesOfLibraries) {
  EXPECT_EQ(format_task_report(example()),
            "regatta: exception never retrieved: \"x\"\n\ttab\n"
            "    echo is defined at /src/echo.cpp:10\n"
            "    created by (innermost first):\n"
            "      listen at /src/echo.cpp:40\n"
            "      (1 library frames)\n"
            "      main at /src/main.cpp:3 (inlined)\n");
}

TEST(TaskReport, AsJsonIsOneLineWithEverything) {
  const std::string line = format_task_report_json(example());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["finding"], "exception never retrieved");
  EXPECT_EQ(json["message"], example().message);
  EXPECT_EQ(json["created"]["line"], 40);
  EXPECT_EQ(json["exception"]["type"], "std::runtime_error");
  EXPECT_EQ(json["origin"].size(), 3U);
  EXPECT_TRUE(json["awaiting"].is_null());
}

TEST(ReportLimit, AdmitsAPlaceOnceASecondAndCountsTheRest) {
  internal::report_limit limit;
  const auto start = internal::report_limit::time_point() + 1h;
  EXPECT_EQ(limit.admit("a", start), 0U);
  EXPECT_FALSE(limit.admit("a", start + 1ms));
  EXPECT_EQ(limit.admit("b", start + 2ms), 0U);
  EXPECT_FALSE(limit.admit("a", start + 999ms));
  EXPECT_EQ(limit.admit("a", start + 1s), 2U);
  EXPECT_FALSE(limit.admit("a", start + 1100ms));
  const auto left = limit.take_left_out();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front(), std::pair(std::string("a"), std::uint64_t{1}));
}

TEST(ReportLimit, AdmitsTwentyPlacesASecondAndRemembersABoundedNumber) {
  internal::report_limit limit;
  const auto start = internal::report_limit::time_point() + 1h;
  int admitted = 0;
  for (int i = 0; i < 5000; ++i) admitted += limit.admit(std::to_string(i), start).has_value();
  EXPECT_EQ(admitted, 20);
  std::uint64_t left = 0;
  for (const auto& [place, count] : limit.take_left_out()) left += count;
  EXPECT_EQ(left, 4980U);
}

}  // namespace
}  // namespace regatta
