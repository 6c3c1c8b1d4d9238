// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/external/adapter_messages.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta {

/// A program and its arguments.
struct adapter_command {
  std::string program;  ///< a path, or a name of PATH
  std::vector<std::string> arguments;
};

/// An adapter's process: lines to its stdin, lines from its stdout. What it writes to stderr is
/// kept for the sentence about its end. All members but the constructor throw adapter_fault.
/// Killed with this object, if saying bye was not enough. Thread safety: one thread.
class adapter_process {
 public:
  using time_limit = std::chrono::milliseconds;

  /// `dataset`: a descriptor that the adapter finds as dataset_path, or -1. Throws
  /// std::system_error if the program cannot be started. From now on this process ignores SIGPIPE.
  adapter_process(const adapter_command& command, int dataset);
  ~adapter_process();
  adapter_process(const adapter_process&) = delete;
  adapter_process& operator=(const adapter_process&) = delete;

  static constexpr const char* dataset_path = "/dev/fd/3";

  void send(std::string_view line);
  /// The next line, without its end; valid until the next call. No limit: somebody else watches.
  std::string_view receive(std::optional<time_limit> limit = std::nullopt);

 private:
  [[noreturn]] void ended();
  std::string last_words() const;

  pid_t pid_ = -1;
  unique_fd in_, out_, errors_;
  std::string read_;
  std::size_t used_ = 0;  ///< of read_, by the line last answered
};

}  // namespace regatta
