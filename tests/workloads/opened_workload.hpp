// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "harness/contexts/async_runtime.hpp"
#include "harness/contexts/blocking_runtime.hpp"
#include "harness/endpoints.hpp"
#include "harness/load/inline_compute.hpp"
#include "harness/workload.hpp"

namespace regatta::test {

/// A registered workload built, opened, and run in either colour. Connections are kept from one
/// answer to the next.
class opened_workload {
 public:
  opened_workload(const std::string& name, const workload_options& options,
                  endpoint_map endpoints = {})
      : dataset_(workloads().at(name).build(options)),
        instance_(workloads().at(name).open(dataset_)),
        runtime_(environment(dataset_, std::move(endpoints))) {}
  opened_workload(const opened_workload&) = delete;
  opened_workload& operator=(const opened_workload&) = delete;

  const buffer& dataset() const { return dataset_; }
  const workload_instance& instance() const { return *instance_; }
  bytes_view input(std::uint64_t index) const { return instance_->input(index); }

  buffer answer(std::uint64_t index) {
    blocking_context context(runtime_);
    return instance_->run(context, {index, instance_->input(index)}).get();
  }

  buffer async_answer(std::uint64_t index) {
    buffer answer;
    loop_.start(run_async(async_context(async_runtime_), {index, instance_->input(index)}, answer));
    loop_.run();
    return answer;
  }

 private:
  async_task<void> run_async(async_context context, item it, buffer& answer) const {
    answer = co_await instance_->run(context, it);
  }

  static run_environment environment(bytes_view dataset, endpoint_map endpoints) {
    run_environment made;
    made.dataset = dataset;
    made.endpoints = std::move(endpoints);
    return made;
  }

  buffer dataset_;
  std::unique_ptr<workload_instance> instance_;
  blocking_runtime runtime_;
  event_loop loop_;
  inline_compute engine_;
  helper_threads helpers_{1};
  async_runtime async_runtime_{loop_, runtime_.environment(), engine_, helpers_};
};

inline workload_options quick_options(std::uint64_t seed = 1) {
  workload_options options;
  options.seed = seed;
  options.scale = dataset_scale::quick;
  return options;
}

}  // namespace regatta::test
