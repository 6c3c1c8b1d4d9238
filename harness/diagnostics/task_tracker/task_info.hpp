// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta {

enum class task_state { created, running, suspended, finished };

/// One coroutine as a person wants to know it.
struct task_info {
  std::uint64_t serial = 0;  ///< never given twice in a process; 0: no task
  std::uint64_t awaiter =
      0;                 ///< the task that awaits this one, or that spawned it; 0: none is left
  bool spawned = false;  ///< it runs by itself: co_spawn, or the loop of another task type
  task_state state = task_state::created;
  std::string function;   ///< "echo"
  std::string signature;  ///< "echo(boost::asio::ip::tcp::socket)"
  source_place defined;   ///< where its function begins
  source_place created;   ///< the line that called it
  source_place awaiting;  ///< the co_await it stands at, or stood at last
  std::string operation;  ///< what it awaits if that is not a task: "async_read_some"; may be empty
  std::chrono::nanoseconds age{};       ///< since it was created; to a few milliseconds
  std::chrono::nanoseconds in_state{};  ///< since it was suspended, if it is
  std::vector<source_frame> origin;     ///< the stack that created it, innermost first
};

}  // namespace regatta
