// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/deferred.hpp>
#include <utility>

#include "harness/diagnostics/task_tracker/task_events.hpp"

namespace regatta::internal {

/// Asio's deferred operation, which does nothing until it is called or awaited, and says so when it
/// is dropped before.
template <class Operation>
class tracked_deferred : public Operation {
 public:
  tracked_deferred(task_record* record, Operation&& operation)
      : Operation(std::move(operation)), record_(record) {}
  tracked_deferred(tracked_deferred&& other) noexcept(
      std::is_nothrow_move_constructible_v<Operation>)
      : Operation(std::move(other)), record_(std::exchange(other.record_, nullptr)) {}
  /// A copy is a recipe to keep: not tracked.
  tracked_deferred(const tracked_deferred& other) : Operation(other) {}
  ~tracked_deferred() { task_destroyed(record_); }

  template <class Token>
  auto operator()(
      Token&& token) && -> decltype(std::declval<Operation>()(std::forward<Token>(token))) {
    began();
    return static_cast<Operation&&>(*this)(std::forward<Token>(token));
  }
  template <class Token>
  auto operator()(Token&& token)
      const& -> decltype(std::declval<const Operation&>()(std::forward<Token>(token))) {
    began();
    return static_cast<const Operation&>(*this)(std::forward<Token>(token));
  }

 private:
  // The operation lives on inside Asio; whoever awaits it is the one to show.
  void began() const noexcept {
    if (record_ == nullptr) return;
    record_->state.store(record_state::finished, std::memory_order_release);
    task_destroyed(std::exchange(record_, nullptr));
  }
  mutable task_record* record_ = nullptr;
};

}  // namespace regatta::internal

namespace boost::asio {

template <class Operation>
struct is_deferred<regatta::internal::tracked_deferred<Operation>> : true_type {};

// More specialised than Asio's <deferred_t, Signature>.
template <class R, class... Args>
class async_result<deferred_t, R(Args...)> {
 public:
  template <class Initiation, class... InitArgs>
  [[gnu::always_inline]] static auto initiate(Initiation&& initiation, deferred_t,
                                              InitArgs&&... args) {
    using operation = deferred_async_operation<R(Args...), Initiation, InitArgs...>;
    return regatta::internal::tracked_deferred<operation>(
        regatta::internal::task_created(regatta::internal::record_kind::operation),
        operation(deferred_init_tag{}, std::forward<Initiation>(initiation),
                  std::forward<InitArgs>(args)...));
  }
};

}  // namespace boost::asio
