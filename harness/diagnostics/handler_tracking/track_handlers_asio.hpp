// SPDX-License-Identifier: Apache-2.0
#pragma once

// Given to Asio as BOOST_ASIO_CUSTOM_HANDLER_TRACKING, in every source of the program or in none:
// it changes the layout of Asio's operations. Asio includes it while its own headers are half read.
#include <cxxabi.h>

#include <boost/version.hpp>
#include <cerrno>

#include "harness/diagnostics/handler_tracking/run_mark_asio.hpp"
#include "harness/diagnostics/handler_tracking/running_handler.hpp"
#include "harness/diagnostics/handler_tracking/timed_reactor_asio.hpp"

// The macros stand in the middle of Asio's functions; a release of Boost is added here after its
// tests have passed.
static_assert(BOOST_VERSION / 100 == 1081, "exact mode knows Boost 1.81; build without it");

namespace regatta::internal {

class asio_handler : public running_handler {
 public:
  using running_handler::running_handler;

  [[gnu::always_inline]] void invoke() noexcept { enter(false); }
  template <class Error, class... More>
  [[gnu::always_inline]] void invoke(const Error& error, const More&...) noexcept {
    enter(error.value() == ECANCELED);
  }

  [[gnu::always_inline]] void leave_run() noexcept {
    end();
    if (!run_is_marked_) [[unlikely]]
      mark_run(thread());
  }

 private:
  [[gnu::always_inline]] void enter(bool cancelled) noexcept {
    run_is_marked_ = run_is_marked(this_tracked_thread());
    begin(run_is_marked_, cancelled);
  }
  bool run_is_marked_ = false;
};

}  // namespace regatta::internal

#define BOOST_ASIO_INHERIT_TRACKED_HANDLER : public ::regatta::internal::tracked_handler
#define BOOST_ASIO_ALSO_INHERIT_TRACKED_HANDLER , public ::regatta::internal::tracked_handler

// Stands in the scheduler's constructor, whose parameter and member these are.
#define BOOST_ASIO_HANDLER_TRACKING_INIT ::regatta::internal::scheduler_made(ctx, get_task_)

#define BOOST_ASIO_HANDLER_LOCATION(args) \
  const ::regatta::internal::tracked_location regatta_location args

#define BOOST_ASIO_HANDLER_CREATION(args) ::regatta::internal::handler_created args
#define BOOST_ASIO_HANDLER_COMPLETION(args) ::regatta::internal::asio_handler regatta_running args

// BEGIN and END always stand around a call, in one block.
#if defined(__cpp_exceptions)
#define BOOST_ASIO_HANDLER_INVOCATION_BEGIN(args) \
  try {                                           \
  regatta_running.invoke args
#define BOOST_ASIO_HANDLER_INVOCATION_END \
  regatta_running.leave_run();            \
  }                                       \
  catch (const ::abi::__forced_unwind&) { \
    throw;                                \
  }                                       \
  catch (...) {                           \
    regatta_running.escaped();            \
    throw;                                \
  }                                       \
  static_cast<void>(0)
#else
#define BOOST_ASIO_HANDLER_INVOCATION_BEGIN(args) regatta_running.invoke args
#define BOOST_ASIO_HANDLER_INVOCATION_END regatta_running.leave_run()
#endif

#define BOOST_ASIO_HANDLER_OPERATION(args) static_cast<void>(0)
#define BOOST_ASIO_HANDLER_REACTOR_REGISTRATION(args) static_cast<void>(0)
#define BOOST_ASIO_HANDLER_REACTOR_DEREGISTRATION(args) static_cast<void>(0)
#define BOOST_ASIO_HANDLER_REACTOR_READ_EVENT 1
#define BOOST_ASIO_HANDLER_REACTOR_WRITE_EVENT 2
#define BOOST_ASIO_HANDLER_REACTOR_ERROR_EVENT 4
#define BOOST_ASIO_HANDLER_REACTOR_EVENTS(args) ::regatta::internal::descriptor_ready args
#define BOOST_ASIO_HANDLER_REACTOR_OPERATION(args) ::regatta::internal::descriptor_tried args
