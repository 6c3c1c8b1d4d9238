// SPDX-License-Identifier: Apache-2.0
#include "harness/service/counted_engine.hpp"

#include <limits>

#include "harness/process/process_pool.hpp"

namespace regatta {
namespace {

// One at each worker and one waiting behind it, so that no worker idles for a round trip. On the
// loop itself there is one at a time anyhow.
std::size_t room_for(const reporting_engine& engine) {
  backend_facts facts{.workers = 0};
  engine.add_facts(facts);
  return facts.workers > 0 ? 2 * facts.workers : std::numeric_limits<std::size_t>::max();
}

}  // namespace

counted_engine::counted_engine(std::unique_ptr<reporting_engine> engine, pool_counts& counts)
    : engine_(std::move(engine)), counts_(counts), room_(room_for(*engine_)) {}

bool counted_engine::turn::await_ready() noexcept {
  if (engine.room_ == 0) return false;
  --engine.room_;
  return true;
}

// The room is handed to the first in line; who comes meanwhile finds none.
void counted_engine::leave(event_loop& loop) {
  if (waiting_.empty()) {
    ++room_;
    return;
  }
  loop.post(waiting_.front());
  waiting_.pop_front();
}

async_task<buffer> counted_engine::compute(event_loop& loop, bytes_view dataset, kernel_call work,
                                           bytes_view input) {
  const counted inside(counts_.inside);
  co_await turn{*this};
  struct place {
    counted_engine& engine;
    event_loop& loop;
    ~place() { engine.leave(loop); }
  };
  const place held{*this, loop};
  try {
    co_return co_await engine_->compute(loop, dataset, work, input);
  } catch (const worker_lost&) {
    counts_.retried.add();
  }
  co_return co_await engine_->compute(loop, dataset, work, input);
}

}  // namespace regatta
