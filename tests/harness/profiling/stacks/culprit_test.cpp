// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/culprit.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/profiling/perf_map.hpp"
#include "harness/profiling/python_frames.hpp"

namespace regatta::profiling {
namespace {

profile_frame frame(std::string function, std::string module, std::string file = "") {
  return {.function = std::move(function), .file = std::move(file), .module = std::move(module)};
}

std::string culprit_of(const std::vector<profile_frame>& stack) {
  const profile_frame* const found = culprit(stack);
  return found != nullptr ? found->function : "";
}

const profile_frame fsync_call = frame("fsync", "/lib/x86_64-linux-gnu/libc.so.6");

TEST(Culprit, IsTheInnermostFunctionOfTheProgram) {
  EXPECT_EQ(
      culprit_of({fsync_call, frame("store::flush()", "/srv/app"), frame("main", "/srv/app")}),
      "store::flush()");
}

TEST(Culprit, MayBeInALibraryThatIsNoRuntime) {
  EXPECT_EQ(culprit_of({fsync_call, frame("sqlite3_step", "/usr/lib/libsqlite3.so.0"),
                        frame("main", "/srv/app")}),
            "sqlite3_step");
}

TEST(Culprit, IsNotFoundBeyondTheEventLoop) {
  const profile_frame resolve = frame("boost::asio::detail::resolve_op::do_complete(void*)",
                                      "/srv/app", "/usr/include/boost/asio/detail/resolve_op.hpp");
  const profile_frame run = frame("boost::asio::detail::scheduler::run(boost::system::error_code&)",
                                  "/srv/app", "/usr/include/boost/asio/detail/scheduler.ipp");
  const profile_frame main = frame("main", "/srv/app", "/srv/app.cpp");
  EXPECT_EQ(culprit_of({fsync_call, resolve, run, main}), resolve.function);
  EXPECT_EQ(culprit_of({fsync_call, resolve, frame("handler()", "/srv/app"), run, main}),
            "handler()");
}

TEST(Culprit, OfPythonIsThatOfTheService) {
  const profile_frame run =
      frame("Handle._run", python_module, "/usr/lib/python3.11/asyncio/events.py");
  const profile_frame lookup = frame("getaddrinfo", python_module, "/usr/lib/python3.11/socket.py");
  const profile_frame handler = frame("handle", python_module, "/srv/app.py");
  const profile_frame native = frame("PyObject_Vectorcall", "/usr/bin/python3.11");
  const profile_frame module = frame("<module>", python_module, "/srv/app.py");
  EXPECT_EQ(culprit_of({fsync_call, native, lookup, handler, run, native, module}), "handle");
  EXPECT_EQ(culprit_of({fsync_call, native, lookup, run, native, module}), "getaddrinfo");
  EXPECT_EQ(
      culprit_of({native,
                  frame("send", python_module, "/usr/lib/python3/dist-packages/requests/api.py"),
                  run}),
      "send");
}

TEST(Culprit, OfPythonIsNotALibraryThatTheServiceCalls) {
  const profile_frame run =
      frame("Handle._run", python_module, "/usr/lib/python3.11/asyncio/events.py");
  const profile_frame handler = frame("handle", python_module, "/srv/app.py");
  const profile_frame sqlite =
      frame("libsqlite3.so.0.8.6+0x374da", "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6");
  const profile_frame module = frame(
      "socket_getaddrinfo", "/opt/python/lib/python3.11/lib-dynload/_socket.cpython-311-x86_64.so");
  EXPECT_EQ(culprit_of({sqlite, module, handler, run}), "handle");
  EXPECT_EQ(culprit_of({sqlite, module, run}), sqlite.function);
  const profile_frame installed =
      frame("tokenize", "/opt/python/lib/python3.11/site-packages/fast.so");
  EXPECT_EQ(culprit_of({installed, handler, run}), "tokenize");
}

TEST(Culprit, OfNodeIsThatOfTheService) {
  const profile_frame native = frame("node::fs::Read", "/usr/bin/node");
  EXPECT_EQ(
      culprit_of({fsync_call, native, frame("Builtin:Call", jit_module),
                  frame("readFileSync", jit_module, "node:fs"),
                  frame("handle", jit_module, "/srv/app.js"), frame("uv_run", "/usr/bin/node")}),
      "handle");
  EXPECT_EQ(culprit_of({fsync_call, native, frame("uv_run", "/usr/bin/node")}), "node::fs::Read");
  const profile_frame nameless = frame("0x7f33d401bcaf", "");  // without a perf map
  EXPECT_EQ(culprit_of({nameless, native, nameless, frame("uv_run", "/usr/bin/node")}),
            "node::fs::Read");
}

TEST(RunsHandler, TellsAHandlerThatWaitsFromAThreadWithNothingToDo) {
  const profile_frame futex =
      frame("__futex_abstimed_wait_common", "/lib/x86_64-linux-gnu/libc.so.6");
  const profile_frame event = frame("boost::asio::detail::posix_event::wait<>(lock&)", "/srv/app",
                                    "/usr/include/boost/asio/detail/posix_event.hpp");
  const profile_frame run = frame("boost::asio::detail::scheduler::run(boost::system::error_code&)",
                                  "/srv/app", "/usr/include/boost/asio/detail/scheduler.ipp");
  const profile_frame main = frame("main", "/srv/app", "/srv/app.cpp");
  EXPECT_FALSE(runs_handler({{futex, event, run, main}}));
  EXPECT_TRUE(runs_handler({{futex, frame("handle()", "/srv/app", "/srv/app.cpp"), run, main}}));
  EXPECT_FALSE(runs_handler({{futex, frame("app+0x1234", "/srv/app"), run, main}}));
  EXPECT_FALSE(runs_handler({{futex, frame("work()", "/srv/app", "/srv/app.cpp"), main}}));
  EXPECT_FALSE(runs_handler({}));
}

TEST(Culprit, IsAtLeastTheInnermostFunction) {
  EXPECT_EQ(culprit({}), nullptr);
  EXPECT_EQ(culprit_of({fsync_call}), "fsync");
}

}  // namespace
}  // namespace regatta::profiling
