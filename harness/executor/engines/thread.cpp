// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/worker_pool.hpp"
#include "harness/executor/internal/engines.hpp"

namespace regatta::internal {
namespace {

class thread_engine final : public engine {
 public:
  explicit thread_engine(unsigned workers) : pool_(workers, {}) {}
  void submit(std::shared_ptr<call> work) override {
    auto job = std::make_unique<pooled_call>(std::move(work));
    pool_.submit(*job.release());
  }

 private:
  // A call as a job of the pool: keeps it alive until it has run, then goes.
  class pooled_call final : public worker_pool::job {
   public:
    explicit pooled_call(std::shared_ptr<call> work) : work_(std::move(work)) {}
    void run() noexcept override {
      const std::unique_ptr<pooled_call> self(this);
      work_->run();
    }

   private:
    const std::shared_ptr<call> work_;
  };

  worker_pool pool_;
};

}  // namespace

std::unique_ptr<engine> make_thread_engine(executor_core&, const executor_options& options) {
  return std::make_unique<thread_engine>(options.workers);
}

}  // namespace regatta::internal
