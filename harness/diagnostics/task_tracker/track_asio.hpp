// SPDX-License-Identifier: Apache-2.0
#pragma once

// Given to the compiler with -include before every source of a debug build (CMake: link
// regatta::debug), this header tracks every coroutine that returns boost::asio::awaitable, without
// an edit. With NDEBUG it is empty: a release build is the same object code with it and without.
// REGATTA_TRACK_TASKS=1 tracks in spite of NDEBUG, REGATTA_TRACK_TASKS=0 never.
//
// Every source of the program needs it, or none: it decides what the coroutines' promises are.
#if !defined(REGATTA_TRACK_TASKS) && !defined(NDEBUG)
#define REGATTA_TRACK_TASKS 1
#endif

#if defined(REGATTA_TRACK_TASKS) && REGATTA_TRACK_TASKS && defined(__cplusplus)
#include "harness/diagnostics/task_tracker/awaitable_asio.hpp"
#include "harness/diagnostics/task_tracker/deferred_asio.hpp"
#include "harness/diagnostics/task_tracker/detached_asio.hpp"
#endif
