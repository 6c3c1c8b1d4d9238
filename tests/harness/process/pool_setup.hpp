// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/backend.hpp"
#include "harness/digest.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/process/worker_start.hpp"
#include "tests/workloads/opened_workload.hpp"

namespace regatta::test {

constexpr std::uint64_t deadly_index = 1'000'001;
constexpr std::uint64_t throwing_index = 1'000'002;

/// tokenize, but item deadly_index kills the worker that is at it, and throwing_index throws. For
/// workers that are forked from us: they have this object in memory.
class perilous final : public workload_instance {
 public:
  explicit perilous(const workload_instance& calm) : calm_(calm), home_(::getpid()) {}
  std::uint64_t distinct_items() const override { return calm_.distinct_items(); }
  bytes_view input(std::uint64_t index) const override { return calm_.input(index); }
  async_task<buffer> run(async_context& context, item it) const override {
    return calm_.run(context, it);
  }
  blocking_task<buffer> run(blocking_context& context, item it) const override {
    if (::getpid() == home_) throw std::logic_error("items run in workers, not here");
    if (it.index == deadly_index) ::kill(::getpid(), SIGKILL);
    if (it.index == throwing_index) throw std::runtime_error("item 1000002 will not");
    co_return co_await calm_.run(context, it);
  }

 private:
  const workload_instance& calm_;
  const pid_t home_;
};

/// What a backend of processes gets in a cell: the dataset in shared memory, and a key.
class pool_setup {
 public:
  explicit pool_setup(std::shared_ptr<void> preparation = nullptr)
      : dataset_(built()),
        calm_(workloads().at("tokenize").open(dataset_.bytes())),
        workload_(*calm_),
        setup{.info = workloads().at("tokenize").info,
              .workload = workload_,
              .dataset = dataset_.bytes(),
              .options = {},
              .in_flight = 4,
              .cpus = {},
              .endpoints = {},
              .api_key = {},
              .max_answer_bytes = 64U << 10U,
              .preparation = std::move(preparation)} {
    opened_workload reference("tokenize", quick_options());
    for (std::uint64_t i = 0; i < calm_->distinct_items(); ++i) {
      key.push_back(digest_of(reference.answer(i)));
    }
  }

  item item_at(std::uint64_t index) const { return {index, workload_.input(index)}; }
  digest expected(std::uint64_t index) const { return key[index % key.size()]; }

 private:
  static shared_mapping built() {
    const buffer made = workloads().at("tokenize").build(quick_options());
    shared_mapping mapping(made.size());
    std::copy(made.begin(), made.end(), mapping.bytes().begin());
    return mapping;
  }

  const shared_mapping dataset_;
  const std::unique_ptr<workload_instance> calm_;
  const perilous workload_;

 public:
  const backend_setup setup;
  std::vector<digest> key;
};

/// Kills a child and waits until it is dead, without reaping it: that is its owner's business.
inline void kill_unseen(pid_t child) {
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
}

}  // namespace regatta::test
