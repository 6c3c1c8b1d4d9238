// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>

#include "tests/harness/diagnostics/loop_monitor/corpus/scene.hpp"

namespace boost::asio {
class io_context;
}

namespace regatta::corpus {

/// What a loop looks like around the handler that blocks it.
enum class shape {
  one_thread,           ///< and a timer every millisecond
  four_threads,         ///< and four such timers
  idle,                 ///< one thread that has nothing to do before and afterwards
  saturated,            ///< one thread; its queue is never empty
  strand,               ///< two threads; everything goes through one strand
  many_short_handlers,  ///< one thread; its queue is longer than the threshold
};

inline constexpr std::array all_shapes{shape::one_thread, shape::four_threads,
                                       shape::idle,       shape::saturated,
                                       shape::strand,     shape::many_short_handlers};

const char* to_string(shape which);

/// A handler. The context is for those that run a handler in a handler.
using handler = std::function<void(boost::asio::io_context&)>;

/// Runs a monitored loop of that shape in which `work` is done `times` times, each time in a
/// handler of its own, one after the other. Returns when the loop's threads have ended.
void run_loop(shape which, const scene& setting, const handler& work, int times);

}  // namespace regatta::corpus
