// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/perf_map.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/platform/proc_text.hpp"
#include "harness/profiling/process_symbols.hpp"
#include "harness/profiling/python_frames.hpp"
#include "tests/harness/profiling/stacks/temporary_folder.hpp"
#include "tests/harness/profiling/stacks/watched_child.hpp"

namespace regatta::profiling {
namespace {

using test::watched_child;

std::string function_at(const perf_map& map, std::uint64_t address) {
  const auto frame = map.at(address);
  return frame ? frame->function : "";
}

TEST(PerfMap, KnowsWhereFunctionsBeginAndEnd) {
  perf_map map;
  map.add("1000 10 first one\n2000 20 second\n");
  EXPECT_EQ(function_at(map, 0xfff), "");
  EXPECT_EQ(function_at(map, 0x1000), "first one");
  EXPECT_EQ(function_at(map, 0x100f), "first one");
  EXPECT_EQ(function_at(map, 0x1010), "");
  EXPECT_EQ(function_at(map, 0x201f), "second");
}

TEST(PerfMap, BelievesTheLaterLine) {
  perf_map map;
  map.add("1000 10 a\n1010 10 b\n1020 10 c\n1008 20 later\n");
  EXPECT_EQ(function_at(map, 0x1004), "");  // what was moved is nowhere in part
  EXPECT_EQ(function_at(map, 0x1018), "later");
  EXPECT_EQ(function_at(map, 0x1028), "");
  EXPECT_EQ(map.size(), 1U);
}

TEST(PerfMap, LeavesALineThatIsBeingWritten) {
  perf_map map;
  const std::string text = "1000 10 whole\n2000 10 ha";
  const std::size_t read = map.add(text);
  EXPECT_EQ(read, text.find('\n') + 1);
  EXPECT_EQ(function_at(map, 0x2000), "");
  map.add(text.substr(read) + "lf\n");
  EXPECT_EQ(function_at(map, 0x2000), "half");
}

TEST(PerfMap, PassesOverWhatIsNoLine) {
  perf_map map;
  map.add(
      "\n1000\nxyz 10 a\n1000 0 empty\n1000 10\nffffffffffffffff 10 too far\n0x1000 0x10 good\n");
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(function_at(map, 0x1000), "good");
}

TEST(PerfMapFrame, IsAFunctionWithFileAndLineWhereTheNameHasThem) {
  const profile_frame sum{
      .function = "sum", .file = "/srv/my app.js", .line = 12, .module = jit_module};
  EXPECT_EQ(perf_map_frame("LazyCompile:*sum /srv/my app.js:12:7"), sum);
  EXPECT_EQ(perf_map_frame("JS:~sum file:///srv/my app.js:12:7"), sum);
  EXPECT_EQ(perf_map_frame("JS:^ /srv/my.js:1:1").function, "(anonymous)");
  EXPECT_EQ(perf_map_frame("Builtin:ArrayMap").function, "Builtin:ArrayMap");
  EXPECT_EQ(perf_map_frame("JS:*odd").function, "odd");
  const profile_frame python{.function = "sum", .file = "/srv/app.py", .module = python_module};
  EXPECT_EQ(perf_map_frame("py::sum:/srv/app.py"), python);
}

TEST(ProcessPerfMap, IsThatOfTheProcessesOwnNamespaces) {
  watched_child child("/usr/bin/unshare",
                      {"--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c",
                       "mount -t tmpfs none /tmp && echo '1000 10 inside' > /tmp/perf-$$.map && "
                       "echo ready && exec sleep 1000"});
  if (!child.is_ready()) GTEST_SKIP() << "namespaces are denied";
  const auto inside = proc_text::read_file(fmt::format("/proc/{0}/task/{0}/children", child.pid()));
  ASSERT_TRUE(inside);
  const auto pid = proc_text::number<pid_t>(*inside);
  ASSERT_TRUE(pid) << *inside;
  process_perf_map map(*pid);
  const auto frame = map.at(0x1008);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->function, "inside");
}

struct removed_file {
  std::string path;
  ~removed_file() { std::filesystem::remove(path); }
};

TEST(ProcessPerfMap, OfAnotherUserIsNotBelieved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file another user's";
  watched_child child("/bin/sh", {"-c", "echo ready; exec sleep 1000"});
  ASSERT_TRUE(child.is_ready());
  const std::string file = fmt::format("/tmp/perf-{}.map", child.pid());
  const removed_file removed{file};
  std::ofstream(file) << "1000 10 false\n";
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  process_perf_map map(child.pid());
  EXPECT_EQ(map.at(0x1008), std::nullopt);
}

// What is compiled has no tables for unwinding, but frame pointers.
TEST(ProcessPerfMap, NamesTheFunctionsOfNode) {
  const char* const node = "/usr/bin/node";
  if (::access(node, X_OK) != 0) GTEST_SKIP() << "there is no " << node;
  const test::temporary_folder folder;
  const std::string file = folder.file("service.js");
  std::ofstream(file) << "let calls = 0;\n"
                         "function busyInJavaScript(limit) {\n"
                         "  while (calls < limit) calls += 1;\n"
                         "}\n"
                         "function outerInJavaScript() { busyInJavaScript(1e15); }\n"
                         "console.log('ready');\n"
                         "setImmediate(outerInJavaScript);\n";
  watched_child child(node, {"--perf-basic-prof", "--interpreted-frames-native-stack",
                             "--no-logfile-per-isolate", "--logfile=/dev/null", file});
  const removed_file map{fmt::format("/tmp/perf-{}.map", child.pid())};
  ASSERT_TRUE(child.is_ready());
  process_symbols names(child.pid());
  named_stack stack;
  const auto find = [&](const std::string& function) {
    return std::find_if(stack.frames.begin(), stack.frames.end(),
                        [&](const profile_frame& frame) { return frame.function == function; });
  };
  EXPECT_TRUE(test::eventually([&] {
    const auto captured = test::capture(child.pid());
    if (captured) stack = names.stack(*captured);
    return find("busyInJavaScript") != stack.frames.end();
  })) << test::text_of(stack);
  const auto busy = find("busyInJavaScript");
  ASSERT_NE(busy, stack.frames.end());
  EXPECT_EQ(busy->file, file);
  EXPECT_EQ(busy->line, 2U);
  EXPECT_NE(find("outerInJavaScript"), stack.frames.end());
  EXPECT_TRUE(stack.complete);
}

}  // namespace
}  // namespace regatta::profiling
