// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"
#include "harness/process/process_pool.hpp"

namespace regatta {
namespace {

// Worker processes; inputs and answers travel as messages, `chunk` items in each. See
// messages_out() for how many a worker has at a time.
class process final : public backend {
 public:
  explicit process(const backend_setup& setup)
      : workload_(setup.workload),
        chunk_(number_option("chunk", setup.options.at("chunk"))),
        workers_(blocking_workers(setup, "workers")),
        pins_(pins_for(setup, workers_)),
        slots_(std::max(
            1U, std::min((setup.in_flight + chunk_ - 1) / chunk_, messages_out(setup, workers_)))),
        setup_(setup),
        pool_(loop_, setup_, parse_start_method(setup.options.at("start")), workers_, pins_) {}

  void run(epoch& slice) override {
    recorder& notes = slice.new_recorder();
    for (unsigned i = 0; i < slots_; ++i) loop_.start(serve(slice, notes));
    loop_.run();
  }

  backend_facts facts() const override {
    backend_facts facts{.workers = 0, .capacity = slots_ * chunk_, .pinned = !pins_.empty()};
    pool_.add_facts(facts);
    return facts;
  }

 private:
  async_task<void> serve(epoch& slice, recorder& notes) {
    std::vector<ticket> tickets;
    std::vector<item> items;
    for (;;) {
      tickets.clear();
      items.clear();
      while (tickets.size() < chunk_) {
        const auto which = slice.claim();
        if (!which) break;
        co_await sleep_until(loop_, which->due);
        tickets.push_back(*which);
        items.push_back({which->index, workload_.input(which->index)});
      }
      if (tickets.empty()) co_return;
      auto answers = co_await pool_.run_items(items);
      if (answers.front().outcome == remote_answer::fate::lost && items.size() > 1) {
        answers.clear();  // one of them killed the worker: find out which
        for (const item& each : items) {
          auto one = co_await pool_.run_items(std::span(&each, 1));
          answers.push_back(std::move(one.front()));
        }
      }
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i].outcome == remote_answer::fate::answered) {
          notes.answered(tickets[i], answers[i].bytes);
        } else {
          notes.failed(tickets[i], as_text(answers[i].bytes));
        }
      }
    }
  }

  const workload_instance& workload_;
  const unsigned chunk_;
  const unsigned workers_;
  const std::vector<int> pins_;
  const unsigned slots_;
  const backend_setup setup_;
  event_loop loop_;
  process_pool pool_;
};

const backend_registration process_registered({
    .info = {.name = "process",
             .summary = "a pool of worker processes; inputs and answers are serialised",
             .complexity = 6,
             .isolates = true,
             .options =
                 {{"start", "fork", "fork, forkserver or spawn", {"fork", "forkserver", "spawn"}},
                  {"chunk", "1", "items in a message"},
                  {"workers", "auto",
                   "processes; auto: usable CPUs, or up to 32 for waiting work"}}},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<process>(setup);
    },
    .prepare = [](const std::map<std::string, std::string>& options) -> std::shared_ptr<void> {
      if (parse_start_method(options.at("start")) != start_method::forkserver) return nullptr;
      return std::make_shared<fork_server>();
    },
});

}  // namespace
}  // namespace regatta
