// SPDX-License-Identifier: Apache-2.0
#include "harness/service/counted_engine.hpp"

#include <gtest/gtest.h>

#include "harness/process/process_pool.hpp"

namespace regatta::test {
namespace {

buffer echo(bytes_view, bytes_view input) { return to_buffer(input); }

// Its worker dies over the first `deaths` kernels; it counts those inside while it is asked.
class mortal_engine final : public reporting_engine {
 public:
  mortal_engine(int deaths, const pool_counts& counts, std::int64_t& inside)
      : deaths_(deaths), counts_(counts), inside_(inside) {}
  async_task<buffer> compute(event_loop&, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    inside_ = counts_.inside.get();
    if (deaths_-- > 0) throw worker_lost("worker process 7 was killed by SIGKILL");
    co_return work.function(dataset, input);
  }
  void add_facts(backend_facts& facts) const override { facts.workers_lost += 3; }

 private:
  int deaths_;
  const pool_counts& counts_;
  std::int64_t& inside_;
};

struct outcome_of_kernel {
  std::string answer;
  std::string problem;
  std::int64_t retried = 0;
  std::int64_t inside_during = 0;
  std::int64_t inside_after = 0;
};

async_task<void> compute_into(counted_engine& engine, event_loop& loop, outcome_of_kernel& into) {
  try {
    const buffer answer = co_await engine.compute(loop, {}, echo, as_bytes("text"));
    into.answer = as_text(answer);
  } catch (const std::exception& error) {
    into.problem = error.what();
  }
}

outcome_of_kernel after(int deaths) {
  outcome_of_kernel result;
  pool_counts counts;
  event_loop loop;
  counted_engine engine(std::make_unique<mortal_engine>(deaths, counts, result.inside_during),
                        counts);
  loop.start(compute_into(engine, loop, result));
  loop.run();
  result.retried = counts.retried.get();
  result.inside_after = counts.inside.get();
  return result;
}

TEST(CountedEngine, CountsAKernelWhileItIsInside) {
  const outcome_of_kernel healthy = after(0);
  EXPECT_EQ(healthy.answer, "text");
  EXPECT_EQ(healthy.inside_during, 1);
  EXPECT_EQ(healthy.inside_after, 0);
  EXPECT_EQ(healthy.retried, 0);
}

TEST(CountedEngine, RunsAKernelOnceMoreWhoseWorkerDied) {
  const outcome_of_kernel repeated = after(1);
  EXPECT_EQ(repeated.answer, "text");
  EXPECT_EQ(repeated.retried, 1);
  EXPECT_EQ(repeated.inside_after, 0);
}

TEST(CountedEngine, GivesUpAKernelThatKillsItsWorkerTwice) {
  const outcome_of_kernel deadly = after(2);
  EXPECT_EQ(deadly.answer, "");
  EXPECT_EQ(deadly.problem, "worker process 7 was killed by SIGKILL");
  EXPECT_EQ(deadly.retried, 1);
  EXPECT_EQ(deadly.inside_after, 0);
}

// One worker that begins a kernel only when it is told to.
class patient_engine final : public reporting_engine {
 public:
  async_task<buffer> compute(event_loop&, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    order.emplace_back(as_text(input));
    ++out;
    most = std::max(most, out);
    co_await until_told{*this};
    --out;
    co_return work.function(dataset, input);
  }
  void add_facts(backend_facts& facts) const override { facts.workers += 1; }

  struct until_told {
    patient_engine& engine;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> kernel) { engine.waiting.push_back(kernel); }
    void await_resume() noexcept {}
  };

  std::vector<std::coroutine_handle<>> waiting;
  std::vector<std::string> order;
  int out = 0;
  int most = 0;
};

async_task<void> compute_text(counted_engine& engine, event_loop& loop, std::string text,
                              int& ended) {
  const buffer answer = co_await engine.compute(loop, {}, echo, as_bytes(text));
  EXPECT_EQ(as_text(answer), text);
  ++ended;
}

async_task<void> tell_all(patient_engine& engine, event_loop& loop, const int& ended, int all) {
  while (ended < all) {
    if (!engine.waiting.empty()) {
      loop.post(engine.waiting.front());
      engine.waiting.erase(engine.waiting.begin());
    }
    co_await loop.yield();
  }
}

TEST(CountedEngine, LetsTwoAWorkerOutAndTheOthersInOrder) {
  pool_counts counts;
  event_loop loop;
  auto made = std::make_unique<patient_engine>();
  patient_engine& worker = *made;
  counted_engine engine(std::move(made), counts);
  int ended = 0;
  const std::vector<std::string> texts = {"a", "b", "c", "d", "e", "f"};
  for (const std::string& text : texts) loop.start(compute_text(engine, loop, text, ended));
  loop.start(tell_all(worker, loop, ended, 6));
  loop.run();
  EXPECT_EQ(ended, 6);
  EXPECT_EQ(worker.most, 2);
  EXPECT_EQ(worker.order, texts);
  EXPECT_EQ(counts.inside.get(), 0);
}

TEST(CountedEngine, HasTheFactsOfTheOneInside) {
  pool_counts counts;
  std::int64_t inside = 0;
  const counted_engine engine(std::make_unique<mortal_engine>(0, counts, inside), counts);
  backend_facts facts;
  engine.add_facts(facts);
  EXPECT_EQ(facts.workers_lost, 3U);
}

}  // namespace
}  // namespace regatta::test
