// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "harness/executor/attempt.hpp"
#include "harness/executor/internal/call.hpp"
#include "harness/executor/wire_attempt.hpp"

namespace regatta::internal {

/// A call with a place for its result.
template <class R>
class result_call : public call {
 public:
  using call::call;
  /// REQUIRES: finished. Throws what was thrown, or cancelled_error.
  stored<R>& value() {
    if (const auto thrown = error()) std::rethrow_exception(thrown);
    return came_of_it->value();
  }

 protected:
  std::exception_ptr thrown() const noexcept final { return came_of_it->error(); }
  void keep_error(std::exception_ptr error) noexcept final { came_of_it.emplace(std::move(error)); }
  std::optional<attempt<R>> came_of_it;
};

/// Runs in this process. Callable and arguments are freed where it has run.
template <class R, class F, class... Args>
class local_call final : public result_call<R> {
 public:
  template <class... Given>
  explicit local_call(std::shared_ptr<executor_core> core, Given&&... given)
      : result_call<R>(std::move(core)), work_(std::in_place, std::forward<Given>(given)...) {}

  void execute() noexcept override {
    this->came_of_it.emplace(attempt<R>::of([&]() -> R {
      return std::apply(
          [](F& function, Args&... args) -> R {
            return std::invoke(std::move(function), std::move(args)...);
          },
          *work_);
    }));
    work_.reset();
  }

 private:
  void drop_work() noexcept override { work_.reset(); }
  std::optional<std::tuple<F, Args...>> work_;
};

/// Runs in another process.
template <class R>
class remote_call final : public result_call<R> {
 public:
  remote_call(std::shared_ptr<executor_core> core, travelling_call message)
      : result_call<R>(std::move(core)), message_(std::move(message)) {}

  void execute() noexcept override {}
  const travelling_call& message() const override { return message_; }
  void accept(bytes_view answer) noexcept override {
    try {
      wire_reader in(answer);
      this->came_of_it.emplace(wire_read<attempt<R>>(in));
      in.expect_end();
    } catch (...) {
      this->came_of_it.emplace(std::current_exception());
    }
    drop_work();
  }

 private:
  void drop_work() noexcept override { message_.input = {}; }
  travelling_call message_;
};

}  // namespace regatta::internal
