// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "harness/cell/cell_messages.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta {

/// A cell did not answer as it should: what it ends with.
struct cell_failure : std::runtime_error {
  cell_failure(outcome ended_in, const std::string& reason)
      : std::runtime_error(reason), ended(ended_in) {}
  outcome ended;
};

/// The user has asked to stop.
struct interrupted_run {};

/// What a cell's process runs.
struct cell_program {
  std::string path;                      ///< of a regatta; empty: this very program
  std::vector<std::string> environment;  ///< "NAME=value", beside ours
};

/// A cell's process as the runner sees it: one request, one answer. Killed with all it started when
/// this object ends. All members but the constructor throw cell_failure, and interrupted_run when
/// `stop` says so. Thread safety: one thread.
class cell_process {
 public:
  using time_limit = std::chrono::milliseconds;

  /// `dataset` is a file that the process gets as dataset_file.
  cell_process(int dataset, std::function<bool()> stop, const cell_program& program = {});
  ~cell_process();
  cell_process(const cell_process&) = delete;
  cell_process& operator=(const cell_process&) = delete;

  cell_introduction introduce(time_limit limit);
  reference_result reference(const cell_start& request, time_limit limit);
  std::variant<cell_ready, unavailable> start(const cell_start& request, time_limit limit);
  /// `meanwhile` is called every few milliseconds until the answer is there, if given.
  epoch_report run(const epoch_plan& plan, bool counted, time_limit limit,
                   const std::function<void()>& meanwhile = {});
  /// Of all counted epochs up to now.
  cell_summary summarise(time_limit limit);

  pid_t pid() const { return pid_; }

 private:
  nlohmann::json ask(const nlohmann::json& request, time_limit limit,
                     const std::function<void()>& meanwhile = {});

  std::function<bool()> stop_;
  unique_fd socket_;
  pid_t pid_ = -1;
};

}  // namespace regatta
