// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/backend.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/process/kernel_rings.hpp"
#include "harness/process/worker_progress.hpp"

namespace regatta {

/// How a worker process comes to be. fork: a copy of the loaded cell, dataset shared until written.
/// forkserver: a copy of a small process made before the dataset was loaded. spawn: the program
/// started anew. The latter two are sent the dataset.
enum class start_method { fork, forkserver, spawn };

/// Throws std::invalid_argument with a sentence that lists the three.
start_method parse_start_method(const std::string& text);

/// A process that forks others on request, itself forked while the cell was small and had one
/// thread, or started anew. The forked are children of the cell, not of the server, so the cell can
/// wait for them; they die with the thread that made the server.
class fork_server {
 public:
  /// fork, or spawn: the program started again, whatever threads there are here; such a server is
  /// replaced if it dies.
  explicit fork_server(start_method how = start_method::fork);
  ~fork_server();
  fork_server(const fork_server&) = delete;
  fork_server& operator=(const fork_server&) = delete;

  /// `files` become worker_socket and those that follow it. Throws std::runtime_error if the server
  /// has died.
  pid_t start_worker(const std::vector<int>& files);

 private:
  void start();
  pid_t request(const std::vector<int>& files);

  const start_method how_;
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

/// What a worker of kernel_rings is told.
struct ring_worker_setup {
  start_method method = start_method::forkserver;  ///< or spawn
  fork_server* server = nullptr;                   ///< for forkserver
  int rings = -1;                                  ///< the file of the kernel_rings
  kernel_rings::layout shape;
  unsigned index = 0;  ///< which of its mailboxes
};

/// Starts a worker that serves kernel_rings, and waits until it is ready. Throws as start_worker.
/// The socket ends it when it is closed.
std::pair<pid_t, unique_fd> start_ring_worker(const ring_worker_setup& setup);

/// What a fork server does until `socket` closes.
[[noreturn]] void serve_forks(int socket, pid_t cell);

}  // namespace regatta
