// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "harness/load/loop_backend.hpp"
#include "harness/service/service_counts.hpp"

namespace regatta {

/// An engine that counts the kernels inside another one, lets only so many out to it at a time (the
/// others wait here, in order, where their inputs lie: a queue of messages would be a copy of them
/// all), and has a kernel run once more whose worker died over it: kernels are pure, and it may
/// have been the worker's fault. The second time it is the kernel's.
/// Thread safety: its loop's thread; counts are shared. No kernel may be inside when it ends.
class counted_engine final : public reporting_engine {
 public:
  counted_engine(std::unique_ptr<reporting_engine> engine, pool_counts& counts);

  async_task<buffer> compute(event_loop& loop, bytes_view dataset, kernel_call work,
                             bytes_view input) override;
  void add_facts(backend_facts& facts) const override { engine_->add_facts(facts); }

 private:
  /// co_await turn: when there is room.
  struct turn {
    counted_engine& engine;
    bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> waiting) { engine.waiting_.push_back(waiting); }
    void await_resume() noexcept {}
  };
  void leave(event_loop& loop);

  const std::unique_ptr<reporting_engine> engine_;
  pool_counts& counts_;
  std::size_t room_;  ///< for so many more
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace regatta
