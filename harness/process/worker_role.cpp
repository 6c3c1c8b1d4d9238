// SPDX-License-Identifier: Apache-2.0
#include "harness/process/worker_role.hpp"

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "harness/process/worker.hpp"
#include "harness/process/worker_start.hpp"

namespace regatta {
namespace {

std::atomic<bool> known{false};

}  // namespace

void become_worker_if_asked(int argc, char** argv) {
  known.store(true, std::memory_order_relaxed);  // read by threads that main starts after this
  if (argc != 3) return;
  const std::string_view role = argv[1];
  if (role == "internal-worker") serve_as_fresh_worker(std::atoi(argv[2]));
  if (role == "internal-fork-server") {
    ::signal(SIGINT, SIG_IGN);  // as its workers do
    serve_forks(worker_socket, std::atoi(argv[2]));
  }
}

bool worker_role_is_known() { return known.load(std::memory_order_relaxed); }

}  // namespace regatta
