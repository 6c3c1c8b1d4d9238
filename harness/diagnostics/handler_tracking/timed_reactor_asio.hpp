// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/detail/config.hpp>
#include <utility>

#include "harness/diagnostics/handler_tracking/poll_clock.hpp"
#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

namespace boost::asio {

class execution_context;
template <class Service>
bool has_service(execution_context&);

namespace detail {
class scheduler_operation;
template <class Operation>
class op_queue;
template <class Service>
class execution_context_service_base;
}  // namespace detail
}  // namespace boost::asio

namespace regatta::internal {

/// A loop's reactor with a clock around it, and the notice of its context's end. A template,
/// because Asio includes this before the types it is made of.
template <class Task, class Context>
class timed_reactor final
    : public boost::asio::detail::execution_context_service_base<timed_reactor<Task, Context>>,
      public Task {
 public:
  using base = boost::asio::detail::execution_context_service_base<timed_reactor>;
  using maker = Task* (*)(Context&);
  using queue = boost::asio::detail::op_queue<boost::asio::detail::scheduler_operation>;

  explicit timed_reactor(Context& context) : base(context), context_(&context) {
    forget_context(context_);
  }
  ~timed_reactor() { forget_context(context_); }

  void stand_before(maker& make) { make_ = std::exchange(make, &timed_reactor::make_timed); }

  void run(long usec, queue& ready) override {
    const poll_clock timed(context_);
    reactor_->run(usec, ready);
  }
  void interrupt() override { reactor_->interrupt(); }

 private:
  static Task* make_timed(Context& context) {
    auto& timed = use_service<timed_reactor>(context);
    timed.reactor_ = timed.make_(context);
    return &timed;
  }
  void shutdown() override {}

  const void* context_;
  maker make_ = nullptr;
  Task* reactor_ = nullptr;
};

/// Of the scheduler's constructor. A context's first scheduler is its loop; others are the insides
/// of services, such as the resolver's.
template <class Task, class Context>
void scheduler_made(Context& context, Task* (*&make_reactor)(Context&)) {
  using reactor = timed_reactor<Task, Context>;
  if (boost::asio::has_service<reactor>(context)) return;
  use_service<reactor>(context).stand_before(make_reactor);
}

}  // namespace regatta::internal
