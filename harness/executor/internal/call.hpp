// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/item.hpp"

namespace regatta::internal {

class executor_core;

using time_limit = std::optional<std::chrono::steady_clock::time_point>;
/// From now on; nullopt is no limit.
time_limit limit_after(std::optional<std::chrono::nanoseconds> timeout);

enum class call_status : unsigned char { pending, running, cancelled, done };

/// A call in the form in which it goes to another process.
struct travelling_call {
  kernel work = nullptr;
  buffer input;
};

/// One submitted call, from submit() to its end: what a future looks at and an engine serves.
///
///   pending ──begin()──► running ──publish() or fail()──► done
///      └─────cancel()──► cancelled
///
/// Thread safety: any thread, but for execute(), accept(), publish() and fail(), which belong to
/// whom begin() has answered true.
class call : public std::enable_shared_from_this<call> {
 public:
  explicit call(std::shared_ptr<executor_core> core) : core_(std::move(core)) {}
  virtual ~call() = default;
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  // For engines.

  /// False if it was cancelled, or another thread has begun it.
  bool begin();
  /// Calls here, and keeps what comes out of it.
  virtual void execute() noexcept = 0;
  /// For engines of processes: what to send, and what came back.
  virtual const travelling_call& message() const;
  virtual void accept(bytes_view answer) noexcept;
  /// Makes the end known: wakes who waits, runs the callbacks.
  void publish();
  /// The same for a call that could not be executed.
  void fail(std::exception_ptr why);
  /// begin(), execute(), publish(); nothing if begin() answers false.
  void run();

  // For futures.

  call_status status() const;
  bool finished() const;
  bool cancel();
  /// False if the limit came first. Without a limit, a thread of the same executor makes itself
  /// useful: it runs the call if nobody has begun it. Throws std::logic_error where waiting would
  /// never end.
  bool wait(time_limit limit);
  /// What wait() does before it waits. True if this thread belongs to the call's executor.
  bool help();
  /// What was thrown, or null. REQUIRES: done. Throws cancelled_error.
  std::exception_ptr error() const;

  /// Runs `note` once the call has finished: on the thread that finishes it, or here and now if
  /// that is past. An exception that leaves it goes to report_lost(). The number is for forget().
  std::uint64_t when_finished(std::function<void()> note);
  void forget(std::uint64_t note);

 protected:
  virtual std::exception_ptr thrown() const noexcept = 0;
  virtual void keep_error(std::exception_ptr error) noexcept = 0;
  /// Frees callable and arguments.
  virtual void drop_work() noexcept = 0;

 private:
  friend class executor_core;
  struct numbered_note {
    std::uint64_t number;
    std::function<void()> run;
  };
  void finish(call_status as);

  const std::shared_ptr<executor_core> core_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  call_status status_ = call_status::pending;
  std::uint64_t noted_ = 0;
  std::vector<numbered_note> notes_;
  call* previous_ = nullptr;  // in the core's list of pending calls
  call* next_ = nullptr;
};

/// An exception that nobody can catch: to the exception_handler, or to stderr. Inside of a catch
/// block.
void report_lost(const char* where) noexcept;

}  // namespace regatta::internal
