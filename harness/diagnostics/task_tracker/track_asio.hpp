// SPDX-License-Identifier: Apache-2.0
#pragma once

// Given to the compiler with -include before every source of a debug build (CMake: link
// regatta::debug), this header tracks every coroutine that returns boost::asio::awaitable, and
// every handler (exact mode), without an edit. With NDEBUG it is empty: a release build is the same
// object code with it and without. REGATTA_TRACK_TASKS=1 tracks the tasks in spite of NDEBUG,
// REGATTA_TRACK_TASKS=0 never; REGATTA_TRACK_HANDLERS=1 and =0 do the same for the handlers.
//
// Every source of the program needs it, or none: it decides what the coroutines' promises and the
// handlers' operations are.
#if !defined(REGATTA_TRACK_TASKS) && !defined(NDEBUG)
#define REGATTA_TRACK_TASKS 1
#endif
#if !defined(REGATTA_TRACK_HANDLERS) && !defined(NDEBUG) && REGATTA_TRACK_TASKS
#define REGATTA_TRACK_HANDLERS 1
#endif

// Before Asio's first header. A program that tracks handlers by itself keeps its own way.
#if defined(REGATTA_TRACK_HANDLERS) && REGATTA_TRACK_HANDLERS && defined(__cplusplus) && \
    !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING) && !defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING)
#define BOOST_ASIO_CUSTOM_HANDLER_TRACKING \
  "harness/diagnostics/handler_tracking/track_handlers_asio.hpp"
#endif

#if defined(REGATTA_TRACK_TASKS) && REGATTA_TRACK_TASKS && defined(__cplusplus)
#include "harness/diagnostics/task_tracker/awaitable_asio.hpp"
#include "harness/diagnostics/task_tracker/deferred_asio.hpp"
#include "harness/diagnostics/task_tracker/detached_asio.hpp"
#endif
