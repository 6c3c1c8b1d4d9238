// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/blocking_context.hpp"

#include <algorithm>

#include "harness/contexts/blocking_runtime.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/platform/read_file.hpp"
#include "harness/sql/postgresql_endpoint.hpp"
#include "harness/sql/sqlite_connection.hpp"

namespace regatta {

blocking_task<void> blocking_condition::wait(blocking_context& context,
                                             std::unique_lock<std::mutex>& lock) {
  const deadline limit = context.current_deadline();
  // The deadline is looked at before the wait, not after: who was notified in time but ran late has
  // taken the notification, and must go and look.
  if (limit != no_deadline && steady_clock::now() >= limit) throw deadline_exceeded();
  {
    const interpreter::released waiting;
    if (limit == no_deadline) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, limit);
    }
    lock.unlock();  // whoever has the interpreter's lock may be waiting for this one
  }
  lock.lock();
  co_return;
}

blocking_task<void> blocking_context::sleep(std::chrono::nanoseconds duration) {
  const deadline wanted = steady_clock::now() + duration;
  interpreter::sleep_until(std::min(wanted, deadline_));
  if (deadline_ < wanted) throw deadline_exceeded();
  co_return;
}

blocking_task<http_response> blocking_context::http(std::string service, http_request request) {
  co_return runtime_->http().send(service, std::move(request), deadline_);
}

blocking_task<http_response> blocking_context::http_stream(std::string service,
                                                           http_request request,
                                                           http_piece_handler on_piece) {
  co_return runtime_->http().send(service, std::move(request), deadline_, on_piece);
}

blocking_task<buffer> blocking_context::exchange(std::string service, bytes_view message,
                                                 std::size_t answer_bytes) {
  co_return runtime_->tcp().exchange(service, message, answer_bytes, deadline_);
}

blocking_task<sql_rows> blocking_context::query(sql_query query) {
  if (deadline_ <= steady_clock::now()) throw deadline_exceeded();
  const interpreter::released reading;
  const std::string& database = endpoint("database");
  if (is_postgresql(database)) co_return runtime_->postgresql().run(query, deadline_);
  co_return thread_sqlite_connection(database).run(query);
}

blocking_task<buffer> blocking_context::read_file(std::filesystem::path path) {
  const interpreter::released reading;
  co_return read_whole_file(path);
}

blocking_task<buffer> blocking_context::compute(kernel_call work, bytes_view input) {
  co_return interpreter::run_kernel(work, dataset(), input);
}

void blocking_context::measure(std::string_view name, std::chrono::nanoseconds took) const {
  runtime_->environment().measure(name, took);
}

bytes_view blocking_context::dataset() const { return runtime_->environment().dataset; }

const std::string& blocking_context::endpoint(const std::string& service) const {
  return runtime_->environment().endpoint(service);
}

}  // namespace regatta
