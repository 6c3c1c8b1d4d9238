// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/process/worker_progress.hpp"

namespace regatta {

/// How a worker process comes to be. fork: a copy of the loaded cell, dataset shared until written.
/// forkserver: a copy of a small process made before the dataset was loaded. spawn: the program
/// started anew. The latter two are sent the dataset.
enum class start_method { fork, forkserver, spawn };

/// Throws std::invalid_argument with a sentence that lists the three.
start_method parse_start_method(const std::string& text);

/// A process that forks others on request, itself forked while the cell was small and had one
/// thread. The forked are children of the cell, not of the server, so the cell can wait for them.
class fork_server {
 public:
  fork_server();
  ~fork_server();
  fork_server(const fork_server&) = delete;
  fork_server& operator=(const fork_server&) = delete;

  /// `files` become worker_socket and those that follow it. Throws std::runtime_error if the server
  /// has died.
  pid_t start_worker(const std::vector<int>& files);

 private:
  pid_t pid_ = -1;
  unique_fd socket_;
};

struct started_worker {
  pid_t pid = -1;
  unique_fd socket;
  shared_mapping page;  ///< shared with the worker; see progress()
  std::uint64_t dataset_bytes_sent = 0;

  worker_progress& progress() const {
    return *reinterpret_cast<worker_progress*>(page.bytes().data());
  }
};

/// Starts one worker and waits until it is ready; pinned to `cpu` unless that is negative.
/// Throws std::runtime_error or std::system_error. REQUIRES for fork: this process has one thread
/// (if it has more, spawn is used instead: a lock held by another thread would stay locked).
started_worker start_worker(start_method method, const backend_setup& setup, int cpu);

}  // namespace regatta
