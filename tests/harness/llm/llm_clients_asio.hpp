// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/llm/async_llm_client_asio.hpp"
#include "harness/llm/blocking_llm_client.hpp"

namespace regatta::test {

using namespace std::chrono_literals;

/// What of a stream has come, and how it ended.
struct read_stream {
  std::vector<std::string> tokens;
  llm_stream_end summary;
  std::optional<llm_error> error;

  std::string text() const {
    std::string all;
    for (const auto& token : tokens) all += token;
    return all;
  }
};

/// Told of each token as it comes.
using token_watcher = std::function<void(const std::string& token)>;

/// Both clients with the same functions, and with requests in the background: the asynchronous one
/// runs on a loop of its own thread.
class asynchronous_llm {
 public:
  explicit asynchronous_llm(llm_client_options options)
      : client_(std::make_unique<async_llm_client>(io_.get_executor(), std::move(options))),
        thread_([this] { io_.run(); }) {}
  ~asynchronous_llm() {
    busy_.reset();
    io_.stop();
    thread_.join();
  }

  class pending {
   public:
    llm_answer get() { return answer_.get(); }
    void cancel() {
      boost::asio::post(
          *io_, [signal = signal_] { signal->emit(boost::asio::cancellation_type::terminal); });
    }

   private:
    friend class asynchronous_llm;
    boost::asio::io_context* io_ = nullptr;
    std::shared_ptr<boost::asio::cancellation_signal> signal_;
    std::future<llm_answer> answer_;
  };

  pending start(const llm_prompt& prompt, const llm_parameters& parameters = {}) {
    namespace asio = boost::asio;
    pending started;
    started.io_ = &io_;
    started.signal_ = std::make_shared<asio::cancellation_signal>();
    started.answer_ =
        asio::co_spawn(io_, client_->complete(prompt, parameters),
                       asio::bind_cancellation_slot(started.signal_->slot(), asio::use_future));
    return started;
  }

  llm_answer complete(const llm_prompt& prompt, const llm_parameters& parameters = {}) {
    return start(prompt, parameters).get();
  }
  read_stream read(const llm_prompt& prompt, std::size_t most = SIZE_MAX,
                   const token_watcher& seen = {}) {
    return wait(read_tokens(client_->stream(prompt), most, seen));
  }
  std::vector<llm_result> batch(const std::vector<llm_prompt>& prompts, std::size_t concurrency,
                                const llm_parameters& parameters = {}) {
    return wait(client_->batch_complete(prompts, concurrency, parameters));
  }
  std::size_t close(std::chrono::nanoseconds limit) { return wait(client_->close(limit)); }
  llm_client_stats stats() const { return client_->stats(); }

 private:
  template <class T>
  T wait(boost::asio::awaitable<T> what) {
    return boost::asio::co_spawn(io_, std::move(what), boost::asio::use_future).get();
  }

  static boost::asio::awaitable<read_stream> read_tokens(async_token_stream stream,
                                                         std::size_t most, token_watcher seen) {
    read_stream all;
    try {
      while (all.tokens.size() < most) {
        std::optional<std::string> token = co_await stream.next();
        if (!token) break;
        if (seen) seen(*token);
        all.tokens.push_back(std::move(*token));
      }
    } catch (const llm_error& error) {
      all.error = error;
    }
    all.summary = stream.summary();
    co_return std::move(all);
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_{
      io_.get_executor()};
  std::unique_ptr<async_llm_client> client_;
  std::thread thread_;
};

class blocking_llm {
 public:
  explicit blocking_llm(llm_client_options options) : client_(std::move(options)) {}

  class pending {
   public:
    llm_answer get() { return answer_.get(); }
    void cancel() { stop_.request_stop(); }

   private:
    friend class blocking_llm;
    std::stop_source stop_;
    std::future<llm_answer> answer_;
  };

  pending start(const llm_prompt& prompt, const llm_parameters& parameters = {}) {
    pending started;
    started.answer_ = std::async(std::launch::async, [=, this, stop = started.stop_.get_token()] {
      return client_.complete(prompt, parameters, stop);
    });
    return started;
  }

  llm_answer complete(const llm_prompt& prompt, const llm_parameters& parameters = {}) {
    return client_.complete(prompt, parameters);
  }
  read_stream read(const llm_prompt& prompt, std::size_t most = SIZE_MAX,
                   const token_watcher& seen = {}) {
    read_stream all;
    blocking_token_stream stream = client_.stream(prompt);
    try {
      while (all.tokens.size() < most) {
        std::optional<std::string> token = stream.next();
        if (!token) break;
        if (seen) seen(*token);
        all.tokens.push_back(std::move(*token));
      }
    } catch (const llm_error& error) {
      all.error = error;
    }
    all.summary = stream.summary();
    return all;
  }
  std::vector<llm_result> batch(const std::vector<llm_prompt>& prompts, std::size_t concurrency,
                                const llm_parameters& parameters = {}) {
    return client_.batch_complete(prompts, concurrency, parameters);
  }
  std::size_t close(std::chrono::nanoseconds limit) { return client_.close(limit); }
  llm_client_stats stats() const { return client_.stats(); }

 private:
  blocking_llm_client client_;
};

using both_llm_clients = ::testing::Types<asynchronous_llm, blocking_llm>;

struct llm_client_names {
  template <class Client>
  static std::string GetName(int) {
    return std::is_same_v<Client, blocking_llm> ? "blocking" : "asynchronous";
  }
};

/// Options for a server of a test: no retry unless the test asks for one.
inline llm_client_options options_for(const std::string& url) {
  llm_client_options options;
  options.endpoint = {url, ""};
  options.model = "regatta-mock";
  options.total_timeout = 20s;
  options.retry.attempts = 1;
  return options;
}

inline retry_policy quick_retries(unsigned attempts) {
  return {.attempts = attempts, .first_delay = 1ms, .longest_delay = 4ms};
}

/// The llm_error that `what` throws.
template <class What>
llm_error failure_of(What what) {
  try {
    what();
  } catch (const llm_error& error) {
    return error;
  }
  ADD_FAILURE() << "did not fail";
  return {llm_failure::cancelled, "did not fail"};
}

/// Until `condition` holds; fails the test after a long while.
template <class Condition>
void wait_until(Condition condition) {
  const auto patience = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > patience) {
      ADD_FAILURE() << "waited in vain";
      return;
    }
    std::this_thread::yield();
  }
}

}  // namespace regatta::test
