// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/platform/child_process.hpp"
#include "harness/platform/proc_text.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/process_symbols.hpp"
#include "harness/profiling/stopping_capture.hpp"

namespace regatta::profiling::test {

/// Until it is true, for 20 s at most: a loaded machine takes its time.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// A program that has said "ready" on its standard output; killed at the end.
class watched_child {
 public:
  explicit watched_child(const std::string& program, const std::vector<std::string>& arguments) {
    int output[2], input[2];
    if (::pipe2(output, O_CLOEXEC) != 0 || ::pipe2(input, O_CLOEXEC) != 0) return;
    output_ = unique_fd(output[0]);
    input_ = unique_fd(input[1]);
    const unique_fd theirs(output[1]), from_us(input[0]);
    pid_ = spawn({.program = program,
                  .arguments = arguments,
                  .descriptors = {{theirs.get(), 1}, {from_us.get(), 0}},
                  .foreign = true});
  }
  ~watched_child() { kill(); }
  watched_child(const watched_child&) = delete;
  watched_child& operator=(const watched_child&) = delete;

  pid_t pid() const { return pid_; }
  void kill() { kill_and_reap(pid_); }
  void tell() { EXPECT_EQ(::write(input_.get(), "g", 1), 1); }

  bool is_ready() {
    std::string line;
    pollfd entry{output_.get(), POLLIN, 0};
    for (char c = 0; ::poll(&entry, 1, 20'000) > 0 && ::read(output_.get(), &c, 1) == 1;) {
      if (c != '\n') {
        line += c;
      } else if (std::exchange(line, "") == "ready") {
        return true;
      }
    }
    return false;
  }

  std::vector<pid_t> threads() const {
    std::vector<pid_t> ids;
    std::error_code error;
    const std::filesystem::path tasks = fmt::format("/proc/{}/task", pid_);
    for (const auto& entry : std::filesystem::directory_iterator(tasks, error)) {
      ids.push_back(std::stoi(entry.path().filename()));
    }
    return ids;
  }

  /// The thread that sleeps in a system call of that number, once there is one.
  std::optional<pid_t> thread_in(int system_call) const {
    std::optional<pid_t> found;
    eventually([&] {
      for (const pid_t thread : threads()) {
        const auto text =
            proc_text::read_file(fmt::format("/proc/{}/task/{}/syscall", pid_, thread));
        if (text && text->starts_with(fmt::format("{} ", system_call))) found = thread;
      }
      return found.has_value();
    });
    return found;
  }

 private:
  pid_t pid_ = -1;
  unique_fd output_, input_;
};

/// The registers and the stack of a thread, whether it runs or waits.
inline std::optional<captured_stack> capture(pid_t thread) {
  stopping_capture stopping;
  auto captured = stopping.capture(thread, thread);
  eventually([&] {
    for (captured_stack& late : stopping.late()) captured = std::move(late);
    return captured.has_value();
  });
  return captured;
}

/// For a failed expectation.
inline std::string text_of(const named_stack& stack) {
  std::string text = stack.note;
  for (const profile_frame& frame : stack.frames) {
    text += fmt::format("\n{} {}:{} {} {:#x}{}", frame.function, frame.file, frame.line,
                        frame.module, frame.address, frame.inlined ? " inlined" : "");
  }
  return text;
}

}  // namespace regatta::profiling::test
