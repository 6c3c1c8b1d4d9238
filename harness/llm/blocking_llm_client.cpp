// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/blocking_llm_client.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "harness/llm/internal/llm_core.hpp"
#include "harness/llm/internal/request_flow.hpp"
#include "harness/llm/internal/stream_flow.hpp"
#include "harness/llm/internal/thread_io.hpp"

namespace regatta {

using internal::thread_io;
using core = internal::llm_core<thread_io>;

struct blocking_token_stream::state {
  internal::stream_flow<thread_io> flow;
};

blocking_token_stream::blocking_token_stream(std::unique_ptr<state> state)
    : state_(std::move(state)) {}
blocking_token_stream::~blocking_token_stream() = default;
blocking_token_stream::blocking_token_stream(blocking_token_stream&&) noexcept = default;
blocking_token_stream& blocking_token_stream::operator=(blocking_token_stream&&) noexcept = default;

std::optional<std::string> blocking_token_stream::next() { return state_->flow.next().get(); }
const llm_stream_end& blocking_token_stream::summary() const { return state_->flow.summary(); }

struct blocking_llm_client::state {
  std::shared_ptr<core> shared;
};

blocking_llm_client::blocking_llm_client(llm_client_options options)
    : state_(new state{std::make_shared<core>(thread_io{}, std::move(options))}) {}
blocking_llm_client::~blocking_llm_client() { state_->shared->abort_all(); }

llm_answer blocking_llm_client::complete(const llm_prompt& prompt, const llm_parameters& parameters,
                                         const std::stop_token& stop) {
  const llm_client_options& options = state_->shared->options;
  return internal::complete(state_->shared,
                            internal::make_wire_request(options, prompt, parameters, false),
                            parameters.total_timeout.value_or(options.total_timeout), stop)
      .get();
}

blocking_token_stream blocking_llm_client::stream(const llm_prompt& prompt,
                                                  const llm_parameters& parameters,
                                                  const std::stop_token& stop) {
  const llm_client_options& options = state_->shared->options;
  return blocking_token_stream(
      std::unique_ptr<blocking_token_stream::state>(new blocking_token_stream::state{
          {state_->shared, internal::make_wire_request(options, prompt, parameters, true),
           parameters.total_timeout.value_or(options.total_timeout), stop}}));
}

std::vector<llm_result> blocking_llm_client::batch_complete(const std::vector<llm_prompt>& prompts,
                                                            std::size_t concurrency,
                                                            const llm_parameters& parameters,
                                                            const std::stop_token& stop) {
  if (concurrency == 0) throw std::invalid_argument("a batch needs a concurrency of at least 1");
  const llm_client_options& options = state_->shared->options;
  for (const llm_prompt& prompt : prompts)
    internal::make_wire_request(options, prompt, parameters, false);
  std::vector<std::optional<llm_result>> results(prompts.size());
  std::atomic<std::size_t> next{0};  // relaxed: only who takes which item; joining orders the rest
  std::mutex mutex;
  std::exception_ptr broken;
  const auto work = [&] {
    for (;;) {
      const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= prompts.size()) return;
      try {
        results[i] = complete(prompts[i], parameters, stop);
      } catch (const llm_error& error) {
        results[i] = error;
      } catch (...) {
        const std::lock_guard lock(mutex);
        broken = std::current_exception();
        return;
      }
    }
  };
  {
    const std::size_t threads = std::min({concurrency, options.most_requests, prompts.size()});
    std::vector<std::jthread> crew;
    try {
      while (crew.size() + 1 < threads) crew.emplace_back(work);
    } catch (const std::system_error&) {
      // The machine allows no more threads: fewer do the same work.
    }
    work();
  }
  if (broken) std::rethrow_exception(broken);
  std::vector<llm_result> in_order;
  in_order.reserve(results.size());
  for (auto& result : results) in_order.push_back(std::move(*result));
  return in_order;
}

std::size_t blocking_llm_client::close(std::chrono::nanoseconds limit) {
  return state_->shared->close(earlier_deadline(no_deadline, limit)).get();
}

llm_client_stats blocking_llm_client::stats() const { return state_->shared->stats(); }

}  // namespace regatta
