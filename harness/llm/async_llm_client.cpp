// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "harness/llm/async_llm_client_asio.hpp"
#include "harness/llm/internal/asio_io.hpp"
#include "harness/llm/internal/llm_core.hpp"
#include "harness/llm/internal/request_flow.hpp"
#include "harness/llm/internal/stream_flow.hpp"

namespace regatta {

namespace asio = boost::asio;
using asio::awaitable;
using internal::asio_io;
using internal::wire_request;
using core = internal::llm_core<asio_io>;
using std::chrono::nanoseconds;

namespace {

/// Once a coroutine is cancelled, Asio throws this out of its every co_await.
llm_error cancelled(const boost::system::system_error& error) {
  if (error.code() != asio::error::operation_aborted) throw error;
  return {llm_failure::cancelled, "the request was cancelled"};
}

awaitable<llm_answer> run_complete(std::shared_ptr<core> shared, wire_request wire,
                                   nanoseconds total, std::stop_token stop) {
  try {
    co_return co_await internal::complete(std::move(shared), std::move(wire), total,
                                          std::move(stop));
  } catch (const boost::system::system_error& error) {
    throw cancelled(error);
  }
}

/// A stream's state, and its summary for as long as anybody may read it.
using flow = internal::stream_flow<asio_io>;

async_generator<std::string> tokens_of(std::shared_ptr<flow> source) {
  for (;;) {
    std::optional<std::string> token;
    try {
      token = co_await source->next();
    } catch (const boost::system::system_error& error) {
      throw cancelled(error);
    }
    if (!token) co_return;
    co_yield std::move(*token);
  }
}

/// What the workers of a batch share. Thread safety: the executor's.
struct batch {
  batch(std::shared_ptr<core> client, std::vector<wire_request> items, nanoseconds limit)
      : shared(std::move(client)),
        wires(std::move(items)),
        total(limit),
        results(wires.size()),
        ended(shared->io) {}

  const std::shared_ptr<core> shared;
  std::vector<wire_request> wires;
  const nanoseconds total;
  std::vector<std::optional<llm_result>> results;
  std::size_t next = 0;
  std::size_t workers = 0;
  std::exception_ptr broken;
  std::stop_source stop;
  asio_io::signal ended;
};

awaitable<void> work(std::shared_ptr<batch> of) {
  while (of->next < of->wires.size()) {
    const std::size_t i = of->next++;
    try {
      of->results[i] = co_await run_complete(of->shared, std::move(of->wires[i]), of->total,
                                             of->stop.get_token());
    } catch (const llm_error& error) {
      of->results[i] = error;
    }
  }
}

/// However the wait for a batch ends, its workers do, too.
struct stop_at_end {
  std::stop_source& source;
  ~stop_at_end() { source.request_stop(); }
};

awaitable<std::vector<llm_result>> run_batch(std::shared_ptr<batch> items, std::size_t workers) {
  const stop_at_end guard{items->stop};
  items->workers = workers;
  for (std::size_t i = 0; i < workers; ++i) {
    asio::co_spawn(items->shared->io.executor, work(items), [items](std::exception_ptr thrown) {
      if (thrown) items->broken = thrown;
      --items->workers;
      items->ended.notify();
    });
  }
  try {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    while (items->workers > 0) co_await items->ended.wait(lock, no_deadline);
  } catch (const internal::llm_fault& fault) {
    throw llm_error(fault.failure, "the batch was cancelled");
  } catch (const boost::system::system_error& error) {
    throw cancelled(error);
  }
  if (items->broken) std::rethrow_exception(items->broken);
  std::vector<llm_result> in_order;
  in_order.reserve(items->results.size());
  for (auto& result : items->results) in_order.push_back(std::move(*result));
  co_return std::move(in_order);
}

awaitable<std::size_t> run_close(std::shared_ptr<core> shared, nanoseconds limit) {
  try {
    co_return co_await shared->close(earlier_deadline(no_deadline, limit));
  } catch (const internal::llm_fault& fault) {
    throw llm_error(fault.failure, "closing the client was cancelled");
  } catch (const boost::system::system_error& error) {
    throw cancelled(error);
  }
}

}  // namespace

struct async_llm_client::state {
  std::shared_ptr<core> shared;
};

async_llm_client::async_llm_client(asio::any_io_executor executor, llm_client_options options)
    : state_(new state{std::make_shared<core>(asio_io{std::move(executor)}, std::move(options))}) {}
async_llm_client::~async_llm_client() { state_->shared->abort_all(); }

awaitable<llm_answer> async_llm_client::complete(const llm_prompt& prompt,
                                                 const llm_parameters& parameters) {
  const llm_client_options& options = state_->shared->options;
  return run_complete(state_->shared,
                      internal::make_wire_request(options, prompt, parameters, false),
                      parameters.total_timeout.value_or(options.total_timeout), {});
}

async_token_stream async_llm_client::stream(const llm_prompt& prompt,
                                            const llm_parameters& parameters) {
  const llm_client_options& options = state_->shared->options;
  auto source = std::make_shared<flow>(
      state_->shared, internal::make_wire_request(options, prompt, parameters, true),
      parameters.total_timeout.value_or(options.total_timeout), std::stop_token());
  std::shared_ptr<const llm_stream_end> summary(source, &source->summary());
  return {tokens_of(std::move(source)), std::move(summary)};
}

awaitable<std::vector<llm_result>> async_llm_client::batch_complete(
    const std::vector<llm_prompt>& prompts, std::size_t concurrency,
    const llm_parameters& parameters) {
  if (concurrency == 0) throw std::invalid_argument("a batch needs a concurrency of at least 1");
  const llm_client_options& options = state_->shared->options;
  std::vector<wire_request> wires;
  wires.reserve(prompts.size());
  for (const llm_prompt& prompt : prompts) {
    wires.push_back(internal::make_wire_request(options, prompt, parameters, false));
  }
  const std::size_t workers = std::min({concurrency, options.most_requests, wires.size()});
  return run_batch(
      std::make_shared<batch>(state_->shared, std::move(wires),
                              parameters.total_timeout.value_or(options.total_timeout)),
      workers);
}

awaitable<std::size_t> async_llm_client::close(nanoseconds limit) {
  return run_close(state_->shared, limit);
}

llm_client_stats async_llm_client::stats() const { return state_->shared->stats(); }

}  // namespace regatta
