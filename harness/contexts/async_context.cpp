// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/async_context.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <system_error>

#include "harness/contexts/asio_operation.hpp"
#include "harness/contexts/async_runtime.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/sql/postgresql_endpoint.hpp"
#include "harness/sql/sqlite_connection.hpp"

namespace regatta {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

async_task<void> async_context::sleep(std::chrono::nanoseconds duration) {
  const deadline wanted = steady_clock::now() + duration;
  co_await sleep_until(runtime_->loop(), std::min(wanted, deadline_));
  if (deadline_ < wanted) throw deadline_exceeded();
}

async_task<http_response> async_context::http(std::string service, http_request request) {
  return runtime_->http().send(std::move(service), std::move(request), deadline_);
}

async_task<http_response> async_context::http_stream(std::string service, http_request request,
                                                     http_piece_handler on_piece) {
  return runtime_->http().send(std::move(service), std::move(request), deadline_,
                               std::move(on_piece));
}

async_task<buffer> async_context::exchange(std::string service, bytes_view message,
                                           std::size_t answer_bytes) {
  return runtime_->tcp().exchange(std::move(service), message, answer_bytes, deadline_);
}

async_task<sql_rows> async_context::query(sql_query query) {
  if (deadline_ <= steady_clock::now()) throw deadline_exceeded();
  const std::string& database = runtime_->environment().endpoint("database");
  if (is_postgresql(database)) {
    co_return co_await runtime_->postgresql().run(std::move(query), *this);
  }
  co_return co_await offload(runtime_->helpers(), runtime_->loop(), [&database, &query] {
    return thread_sqlite_connection(database).run(query);
  });
}

async_task<buffer> async_context::read_file(std::filesystem::path path) {
  return runtime_->files().read(std::move(path));
}

async_task<buffer> async_context::compute(kernel_call work, bytes_view input) {
  return runtime_->engine().compute(runtime_->loop(), dataset(), work, input);
}

void async_context::measure(std::string_view name, std::chrono::nanoseconds took) const {
  runtime_->environment().measure(name, took);
}

bytes_view async_context::dataset() const { return runtime_->environment().dataset; }

const std::string& async_context::endpoint(const std::string& service) const {
  return runtime_->environment().endpoint(service);
}

worker_pool& helper_threads::pool() {
  std::call_once(started_,
                 [this] { pool_ = std::make_unique<worker_pool>(count_, std::span<const int>()); });
  return *pool_;
}

// A waiter is taken off the list exactly once, by whoever resumes it: a notifier or its deadline.
struct async_condition::waiter {
  event_loop& loop;
  std::coroutine_handle<> suspended;
  bool timed_out = false;
  bool resumed = false;
};

async_task<void> async_condition::wait(async_context& context, std::unique_lock<std::mutex>& lock) {
  event_loop& loop = context.runtime().loop();
  std::optional<asio::steady_timer> timer;
  const auto self = std::make_shared<waiter>(waiter{loop, nullptr});
  std::mutex* const mutex = lock.mutex();

  struct parking {
    async_condition& condition;
    std::unique_lock<std::mutex>& lock;
    const std::shared_ptr<waiter>& self;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> suspended) {
      self->suspended = suspended;
      condition.waiters_.push_back(self);
      lock.unlock();  // the last touch: a notifier may post us at once (but to this very thread)
    }
    void await_resume() noexcept {}
  };
  if (const deadline limit = context.current_deadline(); limit != no_deadline) {
    timer.emplace(loop.io(), limit);
    timer->async_wait([this, self, mutex](error_code error) {
      // Cancelled, or fired while the resumption was already on its way: the condition may be gone.
      if (error || self->resumed) return;
      {
        const std::lock_guard guard(*mutex);
        const auto place = std::find(waiters_.begin(), waiters_.end(), self);
        if (place == waiters_.end()) return;  // notified, its resumption is on the way
        waiters_.erase(place);
        self->timed_out = true;
      }
      interpreter::resume(self->suspended);
    });
  }
  co_await parking{*this, lock, self};
  self->resumed = true;
  timer.reset();
  lock.lock();
  if (self->timed_out) throw deadline_exceeded();
}

void async_condition::notify_one() {
  if (waiters_.empty()) return;
  const auto first = waiters_.front();
  waiters_.erase(waiters_.begin());
  first->loop.post(first->suspended);
}

void async_condition::notify_all() {
  for (const auto& each : waiters_) each->loop.post(each->suspended);
  waiters_.clear();
}

}  // namespace regatta
