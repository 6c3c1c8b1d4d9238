// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/executor/errors.hpp"
#include "harness/executor/internal/engines.hpp"
#include "harness/executor/internal/loop_thread.hpp"
#include "harness/executor/internal/process_options.hpp"
#include "harness/process/kernels_only.hpp"
#include "harness/process/process_pool.hpp"

namespace regatta::internal {
namespace {

// The pool and what it refers to. Lives on the loop's thread: its processes die with the thread
// that made them, and must not with one of the user's.
class kernel_workers {
 public:
  kernel_workers(event_loop& loop, const process_options& options)
      : setup_{.info = nothing_,
               .workload = no_items_,
               .dataset = {},
               .options = {},
               .in_flight = 1,
               .cpus = {},
               .endpoints = {},
               .api_key = {},
               .max_answer_bytes = 0,
               .preparation = options.method == start_method::forkserver
                                  ? std::make_shared<fork_server>(start_method::spawn)
                                  : nullptr},
        pool_(loop, setup_, options.method, options.workers, {}) {}

  async_task<void> run(call& work) {
    const travelling_call& message = work.message();
    const remote_answer answer = co_await pool_.run_kernel(message.work, message.input);
    switch (answer.outcome) {
      case remote_answer::fate::answered:
        work.accept(answer.bytes);
        work.publish();
        break;
      case remote_answer::fate::threw:
        work.fail(std::make_exception_ptr(std::runtime_error(std::string(as_text(answer.bytes)))));
        break;
      case remote_answer::fate::lost:
        work.fail(died_over(as_text(answer.bytes)));
        break;
    }
  }

 private:
  const workload_info nothing_{};
  const kernels_only no_items_;
  const backend_setup setup_;
  process_pool pool_;
};

class process_engine final : public engine {
 public:
  process_engine(const executor_core& core, const process_options& options)
      : loop_(core, true, options.workers * (1 + options.prefetch),
              [options](event_loop& loop) -> loop_thread::server {
                return [workers = std::make_shared<kernel_workers>(loop, options)](call& work) {
                  return workers->run(work);
                };
              }) {}

  void submit(std::shared_ptr<call> work) override { loop_.feed().push(std::move(work)); }

 private:
  loop_thread loop_;
};

}  // namespace

process_options checked(const executor_options& options) {
  const start_method method = parse_start_method(options.start);
  if (method == start_method::fork) {
    throw std::invalid_argument(
        "executors do not fork this process, which may have threads: start is forkserver or spawn");
  }
  if (options.prefetch >= kernel_rings::most_slots) {
    throw std::invalid_argument(fmt::format("prefetch is at most {}, not {}",
                                            kernel_rings::most_slots - 1, options.prefetch));
  }
  return {method, options.workers, options.prefetch, options.max_message_bytes};
}

std::exception_ptr died_over(std::string_view how) {
  return std::make_exception_ptr(broken_executor(
      fmt::format("{}, which was at this call; other calls are not affected", how)));
}

std::unique_ptr<engine> make_process_engine(executor_core& core, const executor_options& options) {
  return std::make_unique<process_engine>(core, checked(options));
}

}  // namespace regatta::internal
