// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "harness/diagnostics/handler_tracking/creation_site.hpp"
#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

// What exact mode does when Asio creates, runs and drops a handler. Fast paths only.
namespace regatta::internal {

/// How a handler gets ready, in the lowest bits of `ready`, and with that what its `time` means.
namespace ready_by {
/// Ready at `time`, in ticks. Above the bits: the thread that put it in its loop's queue at once,
/// or null if that is not known.
inline constexpr std::uintptr_t itself = 0;
inline constexpr std::uintptr_t expiry = 1;  ///< a timer's, at `time`, in ns of steady_clock
/// A descriptor, a signal, a name, a channel. Above the bits: the tracked_handler of a socket's
/// entry in the reactor, or null.
inline constexpr std::uintptr_t event = 2;
inline constexpr std::uintptr_t tried = 4;  ///< with `event`: the reactor's last try was at `time`
/// Without `event`: ready by itself while the handler ran that began at `time`.
inline constexpr std::uintptr_t roughly = 4;
inline constexpr std::uintptr_t bits = 7;
}  // namespace ready_by

/// By creation site: how many of the next handlers created by handlers of that site read the clock.
/// All others count as created when their creator began, which saves one reading in three; it is
/// right to within rough_delay unless the creator took longer than that. One that did makes the
/// next 255 exact.
inline constinit std::array<std::atomic<std::uint8_t>, 65536> exact_creations{};

inline constexpr char no_context = 0;

/// Base of Asio's operations, and thereby of the reactor's descriptors, whose `time` is that of the
/// kernel's last event. Mutable, since Asio shows operations as const.
struct tracked_handler {
  mutable std::atomic<std::uint64_t> time{0};
  std::uint64_t trail = 0;
  mutable std::uintptr_t ready = ready_by::event;
  const void* context = &no_context;

 protected:
  tracked_handler() = default;
  ~tracked_handler() = default;
};

/// A handler from the moment Asio takes it out of its operation to its end, on the stack.
class running_handler {
 public:
  [[gnu::always_inline]] explicit running_handler(const tracked_handler& handler) noexcept
      : time_(handler.time.load(std::memory_order_relaxed)),
        trail_(handler.trail),
        ready_(handler.ready),
        context_(handler.context) {}

  [[gnu::always_inline]] ~running_handler() {
    if (stage_ != stage::ended) [[unlikely]]
      leave();
  }
  running_handler(const running_handler&) = delete;
  running_handler& operator=(const running_handler&) = delete;

  /// `same_run`: since the thread's last boundary nothing but the loop's own code ran on it.
  [[gnu::always_inline]] void begin(bool same_run, bool cancelled) noexcept {
    tracked_thread& thread = this_tracked_thread();
    loop_counters& counters = counters_of(thread, context_);
    thread_ = &thread;
    counters_ = &counters;
    outer_ = thread.innermost;
    thread.innermost = this;
    thread.context.store(context_, std::memory_order_relaxed);
    thread.trail.store(trail_, std::memory_order_relaxed);
    stage_ = stage::begun;
    // What this thread put in the queue itself was there all the time since: the thread has not
    // slept, and a poll would have been a boundary.
    if (same_run && outer_ == nullptr &&
        (ready_ & ~ready_by::roughly) == reinterpret_cast<std::uintptr_t>(&thread) &&
        !thread.tried_descriptor) {
      began_ = thread.since.load(std::memory_order_relaxed);
    } else {
      began_ = now_ticks();
      thread.since.store(began_, std::memory_order_relaxed);
      thread.tried_descriptor = false;
    }
    thread.depth.store(thread.depth.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    // Another CPU's counter may be a few ticks behind.
    const std::uint64_t delay = began_ > time_ ? began_ - time_ : 0;
    const std::uintptr_t kind = ready_ & ready_by::bits;
    if (kind == ready_by::itself || (kind == ready_by::roughly && delay <= thread.rough_ticks)) {
      counters.queued.add(delay);
    } else if (kind == ready_by::roughly) {
      count_rough(delay);
    } else if (!cancelled) {
      count_wait();
    }
  }

  [[gnu::always_inline]] void end() noexcept {
    tracked_thread& thread = *thread_;
    loop_counters& counters = *counters_;
    const std::uint64_t now = now_ticks();
    const std::uint64_t ticks = now - began_;
    stage_ = at_end_;
    if (counters.duration.add(ticks)) counters.longest_trail.set(trail_);
    if (ticks > thread.rough_ticks) [[unlikely]]
      exact_creations[trail_ & 0xffff].store(255, std::memory_order_relaxed);
    thread.innermost = outer_;
    if (outer_ != nullptr) [[unlikely]] {
      thread.context.store(outer_->context_, std::memory_order_relaxed);
      thread.trail.store(outer_->trail_, std::memory_order_relaxed);
      counters.inside.add(ticks);
    }
    thread.since.store(now, std::memory_order_relaxed);
    thread.depth.store(thread.depth.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }

  /// Inside of a catch block; the exception goes on afterwards.
  void escaped() noexcept;

  std::uint64_t trail() const noexcept { return trail_; }
  std::uint64_t began() const noexcept { return began_; }
  const tracked_thread& thread() const noexcept { return *thread_; }

 private:
  enum class stage : std::uint8_t { taken, begun, ended, ended_after_exception };

  /// Its time is over without end(): it was dropped, or an exception passes.
  void leave() noexcept;
  /// A long delay since its creator began: its own, unless the creator was at work meanwhile.
  void count_rough(std::uint64_t delay) noexcept;
  /// After it waited for something: a timer, the kernel.
  void count_wait() noexcept;

  const std::uint64_t time_;
  const std::uint64_t trail_;
  const std::uintptr_t ready_;
  const void* const context_;
  std::uint64_t began_ = 0;
  tracked_thread* thread_ = nullptr;
  loop_counters* counters_ = nullptr;
  running_handler* outer_ = nullptr;
  stage stage_ = stage::taken;
  stage at_end_ = stage::ended;
};

/// The later of a timer's expiry and now, in ns of steady_clock.
std::int64_t ready_at(tracked_thread& thread, std::int64_t expiry) noexcept;

template <class Clock, class Duration>
std::int64_t steady_expiry(std::chrono::time_point<Clock, Duration> expiry) noexcept {
  using namespace std::chrono;
  if constexpr (std::is_same_v<Clock, steady_clock>) {
    return duration_cast<nanoseconds>(expiry.time_since_epoch()).count();
  } else {
    // As a number, because never is the clock's last moment and would overflow.
    const duration<double, std::nano> left =
        duration<double, std::nano>(expiry.time_since_epoch()) -
        duration<double, std::nano>(Clock::now().time_since_epoch());
    if (left > hours(24 * 365)) return std::numeric_limits<std::int64_t>::max();
    return steady_clock::now().time_since_epoch().count() + static_cast<std::int64_t>(left.count());
  }
}

template <class Object>
concept timer = requires(const Object& object) {
  steady_expiry(object.expiry);
};
template <class Object>
concept reactor_object = requires(const Object& object) {
  static_cast<const void*>(object.reactor_data_);
};

/// Asio made a handler's operation.
template <class Context, class Object>
[[gnu::always_inline]] inline void handler_created(const Context& context, tracked_handler& handler,
                                                   const char* type, const Object* object,
                                                   std::uintmax_t /*native*/,
                                                   const char* operation) noexcept {
  tracked_thread& thread = this_tracked_thread();
  const std::uint64_t creator = thread.innermost != nullptr ? thread.innermost->trail() : 0;
  handler.trail = creator << 16 | creation_site(thread);
  handler.context = &context;
  // "async_wait", "async_receive", … wait for something; "execute(…)", "post", … do not.
  if (operation[0] != 'a') {
    // A strand's wait for its turn; an io_context's and a thread_pool's are in the queue at once.
    const bool direct = type[0] == 'i' || type[0] == 't';
    handler.ready = ready_by::itself | (direct ? reinterpret_cast<std::uintptr_t>(&thread) : 0);
    if (direct && thread.innermost != nullptr) {
      std::atomic<std::uint8_t>& exact = exact_creations[creator & 0xffff];
      const std::uint8_t left = exact.load(std::memory_order_relaxed);
      if (left == 0) {
        handler.ready |= ready_by::roughly;
        handler.time.store(thread.innermost->began(), std::memory_order_relaxed);
        return;
      }
      exact.store(left - 1, std::memory_order_relaxed);
    }
  } else if constexpr (timer<Object>) {
    handler.ready = ready_by::expiry;
    handler.time.store(static_cast<std::uint64_t>(ready_at(thread, steady_expiry(object->expiry))),
                       std::memory_order_relaxed);
    return;
  } else if constexpr (reactor_object<Object>) {
    const void* const entry = object->reactor_data_;
    handler.ready = ready_by::event | reinterpret_cast<std::uintptr_t>(entry);
  } else {
    handler.ready = ready_by::event;
  }
  handler.time.store(now_ticks(), std::memory_order_relaxed);
}

/// The kernel has events for a descriptor whose entry in the reactor is at that address.
template <class Context>
void descriptor_ready(const Context&, std::uintmax_t entry, unsigned /*events*/) noexcept {
  reinterpret_cast<const tracked_handler*>(static_cast<std::uintptr_t>(entry))
      ->time.store(now_ticks(), std::memory_order_relaxed);
}

/// The reactor tried to do what the handler waits for: ready since the kernel's event, if there was
/// one after its creation, else by the try at once.
template <class... Result>
void descriptor_tried(const tracked_handler& handler, const char* /*operation*/,
                      const Result&...) noexcept {
  std::uint64_t ready = 0;
  if (const std::uintptr_t entry = handler.ready & ~ready_by::bits; entry != 0) {
    ready = reinterpret_cast<const tracked_handler*>(entry)->time.load(std::memory_order_relaxed);
  }
  if (ready <= handler.time.load(std::memory_order_relaxed)) ready = now_ticks();
  handler.time.store(ready, std::memory_order_relaxed);
  handler.ready |= ready_by::tried;
  this_tracked_thread().tried_descriptor = true;
}

/// A location that the program gives Asio, for the handlers created while it lives. Those of Asio's
/// own sources, which are arrays, say nothing about the program.
class tracked_location {
 public:
  template <class File>
  tracked_location(File&& file, int line, const char* function) noexcept {
    if constexpr (!std::is_array_v<std::remove_reference_t<File>>) enter(file, line, function);
  }
  ~tracked_location() {
    if (thread_ != nullptr) leave();
  }
  tracked_location(const tracked_location&) = delete;
  tracked_location& operator=(const tracked_location&) = delete;

 private:
  void enter(const char* file, int line, const char* function) noexcept {
    if (file == nullptr) return;
    thread_ = &this_tracked_thread();
    former_file_ = thread_->location_file;
    former_line_ = thread_->location_line;
    former_function_ = thread_->location_function;
    thread_->location_file = file;
    thread_->location_line = static_cast<unsigned>(line);
    thread_->location_function = function;
  }
  void leave() noexcept {
    thread_->location_file = former_file_;
    thread_->location_line = former_line_;
    thread_->location_function = former_function_;
  }

  tracked_thread* thread_ = nullptr;
  const char* former_file_ = nullptr;
  unsigned former_line_ = 0;
  const char* former_function_ = nullptr;
};

}  // namespace regatta::internal
