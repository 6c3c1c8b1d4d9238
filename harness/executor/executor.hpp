// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/executor/as_completed.hpp"
#include "harness/executor/executor_base.hpp"
#include "harness/executor/future.hpp"
#include "harness/executor/internal/chunk_call.hpp"
#include "harness/executor/internal/travelling_shape.hpp"
#include "harness/executor/mapped.hpp"
#include "harness/executor/wait.hpp"
#include "harness/process/worker_role.hpp"

namespace regatta {

/// What calls may be given to an executor.
enum class accepts {
  anything,  ///< what cannot travel to another process is refused at run time, where it has to
  what_can_travel  ///< what cannot travel does not compile, whatever the executor
};

/// Futures over any of the approaches that regatta races: which one is a name.
///
///   auto pool = make_executor("process", {.workers = 4});
///   future<int> one = pool.submit(count_words, text);
///   for (int words : pool.map(count_words, texts, {.chunk = 16})) total += words;
///   pool.shutdown();
///
/// Callable and arguments are copied or moved in, and the result is kept by value, as std::async
/// does it. Executors of processes send all three: see travelling_shape::must_travel for what can,
/// and wire.hpp for types of your own; their programs begin main with become_worker_if_asked().
/// docs/executor.md says which executor suits what.
/// Not for: work that must run on a certain thread; calls that wait for calls of other executors in
/// a circle.
/// Thread safety: any thread, callables and callbacks included; but it must not end on one of its
/// own threads.
template <accepts Accepted>
class basic_executor : public executor_base {
 public:
  using executor_base::executor_base;

  /// Calls f(args...) where this executor's calls run. Throws executor_shut_down; on an executor of
  /// processes cannot_travel.
  template <class F, class... Args>
  auto submit(F&& f, Args&&... args) {
    using shape = internal::travelling_shape<std::decay_t<F>, std::decay_t<Args>...>;
    using result = typename shape::result;
    if constexpr (Accepted == accepts::what_can_travel) shape::must_travel();
    std::shared_ptr<internal::result_call<result>> made;
    if (core()->runs_calls_here()) {
      made = std::make_shared<internal::local_call<result, std::decay_t<F>, std::decay_t<Args>...>>(
          core(), std::forward<F>(f), std::forward<Args>(args)...);
    } else if constexpr (shape::travels) {
      made = std::make_shared<internal::remote_call<result>>(
          core(), shape::pack(std::forward<F>(f), std::forward<Args>(args)...));
    } else {
      shape::refuse();
    }
    enqueue(made);
    return future<result>(std::move(made));
  }

  /// f(element) for each of `elements`, `options.chunk` of them in a call; the results in their
  /// order. Elements are moved out of a container that is passed by value.
  template <class F, std::ranges::input_range Elements>
  auto map(F f, Elements&& elements, map_options options = {}) {
    using element = std::ranges::range_value_t<Elements>;
    using result = internal::mapped_result<F, element>;
    if (options.chunk == 0) throw std::invalid_argument("map() needs a chunk of at least 1");
    const internal::time_limit limit = internal::limit_after(options.timeout);
    std::vector<typename mapped<result>::chunk> chunks;
    std::vector<element> gathered;
    const auto submit_gathered = [&] {
      const std::size_t size = gathered.size();
      chunks.push_back({submit_chunk(f, std::exchange(gathered, {})), size});
    };
    for (auto&& each : elements) {
      if constexpr (std::is_lvalue_reference_v<Elements> || std::ranges::view<Elements>) {
        gathered.push_back(std::forward<decltype(each)>(each));
      } else {
        gathered.push_back(std::move(each));
      }
      if (gathered.size() == options.chunk) submit_gathered();
    }
    if (!gathered.empty()) submit_gathered();
    return mapped<result>(std::move(chunks), limit);
  }

 private:
  template <class F, class Element>
  auto submit_chunk(F& f, std::vector<Element> elements) {
    if constexpr (internal::plain_function<F>) {
      return submit(internal::function_chunk_call<F, Element>(), f, std::move(elements));
    } else if constexpr (internal::stateless<F>) {
      return submit(internal::stateless_chunk_call<F, Element>(), std::move(elements));
    } else {
      return submit(internal::chunk_call<F, Element>{f}, std::move(elements));
    }
  }
};

/// Takes anything that can be called here, and complains at run time.
using executor = basic_executor<accepts::anything>;
/// For code that shall run on every executor: a call that could not travel does not compile.
using portable_executor = basic_executor<accepts::what_can_travel>;

/// Throws std::invalid_argument for a name that is not in executors() (the text lists them),
/// executor_unavailable, and std::logic_error if a program makes an executor of processes that has
/// not called become_worker_if_asked().
executor make_executor(std::string_view name, executor_options options = {});
portable_executor make_portable_executor(std::string_view name, executor_options options = {});

}  // namespace regatta
