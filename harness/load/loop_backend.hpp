// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/backend.hpp"
#include "harness/contexts/async_runtime.hpp"

namespace regatta {

/// A compute_engine that can say what it has: workers besides the loop, bytes moved.
class reporting_engine : public compute_engine {
 public:
  virtual void add_facts(backend_facts& facts) const = 0;
};

/// One event loop, in_flight slots on it, and an engine for the kernels: coroutine and its hybrids
/// are this with different engines.
class loop_backend final : public backend {
 public:
  using engine_maker = std::unique_ptr<reporting_engine> (*)(event_loop&, const backend_setup&);

  loop_backend(const backend_setup& setup, engine_maker make_engine);

  void run(epoch& slice) override;
  backend_facts facts() const override;

 private:
  const workload_instance& workload_;
  const unsigned slots_;
  const run_environment environment_;
  event_loop loop_;
  helper_threads helpers_;
  std::unique_ptr<reporting_engine> engine_;
  async_runtime runtime_;
};

}  // namespace regatta
