// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include "harness/executor/executor.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/platform/unique_fd.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {

using namespace std::chrono_literals;

/// Every law holds for every executor; a new one is in as soon as executors() knows it.
inline std::vector<std::string> executor_names() {
  std::vector<std::string> names;
  for (const executor_info& each : executors()) names.push_back(each.name);
  return names;
}
inline std::vector<std::string> process_executor_names() {
  std::vector<std::string> names;
  for (const executor_info& each : executors()) {
    if (each.in_processes) names.push_back(each.name);
  }
  return names;
}

inline std::string law_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '+', '_');
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class ExecutorLaws : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam().find("tbb") == std::string::npos) return;
    try {
      make_executor(GetParam());
    } catch (const executor_unavailable& missing) {
      GTEST_SKIP() << missing.what();
    }
  }

  static executor make(executor_options options) { return make_executor(GetParam(), options); }
  static executor make(unsigned workers = 2) { return make({.workers = workers}); }
  static const executor_info& info() {
    return *std::find_if(executors().begin(), executors().end(),
                         [](const executor_info& each) { return each.name == GetParam(); });
  }
  static bool in_processes() { return info().in_processes; }
};

/// At the beginning of a law of which an executor that runs calls in submit() knows nothing.
#define NEEDS_A_PENDING_CALL() \
  if (!info().concurrent) GTEST_SKIP() << "submit() returns when the call has finished"

/// A call that says that it has begun and waits until it is let go, in whatever process it runs.
///
///   gate closed;
///   auto f = executor.submit(pass, closed.path());
///   closed.await_begun();  // f.running() from here
///   closed.open();         // it ends
class gate {
 public:
  gate() {
    for (const char* const name : {"begun", "go"}) {
      if (::mkfifo((directory_.path() / name).c_str(), 0600) != 0) throw std::runtime_error(name);
    }
  }
  std::string path() const { return directory_.path().string(); }
  void await_begun() const { const unique_fd begun(wait_to_open("begun", O_RDONLY)); }
  void open() const { const unique_fd go(wait_to_open("go", O_WRONLY)); }

 private:
  int wait_to_open(const char* name, int how) const {
    return ::open((directory_.path() / name).c_str(), how | O_CLOEXEC);
  }
  temporary_directory directory_;
};

/// The call for a gate. Answers the process it ran in.
inline pid_t pass(const std::string& path) {
  { const unique_fd begun(::open((path + "/begun").c_str(), O_WRONLY | O_CLOEXEC)); }
  const unique_fd go(::open((path + "/go").c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  (void)!::read(go.get(), &byte, 1);
  return ::getpid();
}

inline int twice(int value) { return 2 * value; }

inline int refuse_odd(int value) {
  if (value % 2 != 0) throw std::out_of_range("odd: " + std::to_string(value));
  return value;
}

/// An effect that can be seen from another process.
inline void leave_file(const std::string& path) {
  const unique_fd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

}  // namespace regatta::test
