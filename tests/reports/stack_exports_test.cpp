// SPDX-License-Identifier: Apache-2.0
#include "reports/stack_exports.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace regatta {
namespace {

using namespace profiling;
using namespace std::chrono_literals;
using json = nlohmann::json;

profile_frame frame(std::string function, std::string file = "", unsigned line = 0) {
  profile_frame result;
  result.function = std::move(function);
  result.file = std::move(file);
  result.line = line;
  result.module = "/srv/app";
  return result;
}

profile_result sample_profile() {
  const profile_frame wait = frame("fsync"), step = frame("step<int;long>(int)", "app.cpp", 12),
                      handle = frame("handle", "app.cpp", 30), main = frame("main", "app.cpp", 50);
  profile_result profile;
  profile.process = {4711, "app", "app --serve"};
  profile.duration = 2s;
  blocked_stretch first;
  first.begin = -5ms;
  first.duration = 15ms;
  first.tid = 4711;
  first.thread_name = "app";
  first.loop = "epoll 5";
  first.cause = "file sync";
  first.ledger = {{share_kind::system_call, "fsync", "/var/lib/db", 14ms},
                  {share_kind::user_cpu, "", "", 1ms}};
  first.stack = {wait, step, handle, main};
  first.stack[1].inlined = true;
  first.blocker = step;
  blocked_stretch again = first;
  again.begin = 300ms;
  again.suppressed = 3;
  again.suppressed_time = 30ms;
  blocked_stretch unknown;
  unknown.begin = 100ms;
  unknown.duration = 20ms;
  unknown.tid = 4712;
  unknown.thread_name = "worker \"1\"";
  unknown.loop = "epoll 5";
  unknown.cause = "computing";
  unknown.stack_problem = "it ended";
  unknown.ended = false;
  loop_profile loop;
  loop.key = "epoll 5";
  loop.stretches = {unknown, again, first};
  profile.loops.push_back(loop);
  return profile;
}

TEST(FoldedStacks, HaveALineAStackFromTheOutermostFunctionOn) {
  EXPECT_EQ(folded_stacks(sample_profile()),
            "app;[no stack] 20000\n"
            "app;main;handle;step<int:long>(int)_[i];fsync 60000\n");
  EXPECT_EQ(folded_stacks({}), "");
}

// What https://www.speedscope.app/file-format-schema.json asks of a file.
void expect_speedscope(const json& file) {
  EXPECT_EQ(file.at("$schema"), "https://www.speedscope.app/file-format-schema.json");
  const auto& frames = file.at("shared").at("frames");
  std::set<json> different(frames.begin(), frames.end());
  EXPECT_EQ(different.size(), frames.size());
  for (const auto& each : frames) EXPECT_TRUE(each.at("name").is_string());
  for (const auto& profile : file.at("profiles")) {
    EXPECT_TRUE(profile.at("name").is_string());
    EXPECT_EQ(profile.at("unit"), "nanoseconds");
    EXPECT_LE(profile.at("startValue").get<std::int64_t>(),
              profile.at("endValue").get<std::int64_t>());
    if (profile.at("type") == "sampled") {
      ASSERT_EQ(profile.at("samples").size(), profile.at("weights").size());
      std::int64_t sum = 0;
      for (const auto& weight : profile.at("weights")) sum += weight.get<std::int64_t>();
      EXPECT_EQ(sum, profile.at("endValue").get<std::int64_t>());
      for (const auto& sample : profile.at("samples")) {
        for (const auto& index : sample) EXPECT_LT(index.get<std::size_t>(), frames.size());
      }
      continue;
    }
    ASSERT_EQ(profile.at("type"), "evented");
    std::vector<json> open;
    auto last = profile.at("startValue").get<std::int64_t>();
    for (const auto& event : profile.at("events")) {
      const auto at = event.at("at").get<std::int64_t>();
      EXPECT_GE(at, last);
      last = at;
      if (event.at("type") == "O") {
        open.push_back(event.at("frame"));
        continue;
      }
      ASSERT_EQ(event.at("type"), "C");
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), event.at("frame"));  // the innermost is closed first
      open.pop_back();
    }
    EXPECT_TRUE(open.empty());
    EXPECT_LE(last, profile.at("endValue").get<std::int64_t>());
  }
}

TEST(Speedscope, HasAllBlockedTimeByStackAndEachThreadInTime) {
  const json file = json::parse(render_speedscope(sample_profile()));
  expect_speedscope(file);
  ASSERT_EQ(file.at("profiles").size(), 3U);
  EXPECT_EQ(file.at("profiles")[0].at("endValue"), 80'000'000);
  EXPECT_EQ(file.at("profiles")[1].at("name"), "app 4711");
  EXPECT_EQ(file.at("profiles")[1].at("startValue"), -5'000'000);
  EXPECT_EQ(file.at("profiles")[1].at("events").size(), 16U);
  const json step{{"name", "step<int;long>(int)"}, {"file", "app.cpp"}, {"line", 12}};
  const auto& frames = file.at("shared").at("frames");
  EXPECT_NE(std::find(frames.begin(), frames.end(), step), frames.end());
}

TEST(Speedscope, OfAProfileWithoutStretchesIsAFileAllTheSame) {
  expect_speedscope(json::parse(render_speedscope({})));
}

TEST(Speedscope, AndTheTraceOfNamesThatAreNotUtf8AreFilesAllTheSame) {
  profile_result profile = sample_profile();
  profile.loops[0].stretches[0].thread_name = "\xff\xfe";
  profile.loops[0].stretches[1].stack[0].function = "caf\xe9";
  expect_speedscope(json::parse(render_speedscope(profile)));
  EXPECT_TRUE(json::accept(render_chrome_trace(profile)));
}

TEST(ChromeTrace, HasATrackAThreadWithItsStretches) {
  const json file = json::parse(render_chrome_trace(sample_profile()));
  std::map<int, std::string> threads;
  std::map<int, std::vector<json>> slices;
  for (const auto& event : file.at("traceEvents")) {
    EXPECT_EQ(event.at("pid"), 4711);
    if (event.at("ph") == "M") {
      const std::string what = event.at("name");
      if (what == "thread_name") threads[event.at("tid")] = event.at("args").at("name");
      if (what == "process_name") {
        EXPECT_EQ(event.at("args").at("name"), "app");
      }
      continue;
    }
    ASSERT_EQ(event.at("ph"), "X");
    EXPECT_GE(event.at("dur").get<double>(), 0);
    slices[event.at("tid")].push_back(event);
  }
  EXPECT_EQ(threads, (std::map<int, std::string>{{4711, "app"}, {4712, "worker \"1\""}}));
  ASSERT_EQ(slices[4711].size(), 2U);
  const json& first = slices[4711].front();
  EXPECT_EQ(first.at("name"), "file sync: step<int;long>(int)");
  EXPECT_EQ(first.at("ts"), -5000.0);
  EXPECT_EQ(first.at("dur"), 15000.0);
  EXPECT_EQ(first.at("args").at("loop"), "epoll 5");
  EXPECT_EQ(first.at("args").at("ledger").at("fsync /var/lib/db"), "14.000 ms");
  EXPECT_EQ(first.at("args").at("stack")[2], "handle at app.cpp:30");
  EXPECT_EQ(slices[4712].front().at("args").at("note"), "it lasted when the profile ended");
}

}  // namespace
}  // namespace regatta
