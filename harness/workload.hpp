// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "harness/bytes.hpp"
#include "harness/contexts/async_context.hpp"
#include "harness/contexts/blocking_context.hpp"
#include "harness/item.hpp"
#include "harness/workload_info.hpp"

namespace regatta {

/// A workload opened over its dataset, in one process. Type-erased once per item: the virtual call
/// costs 2 ns against items of microseconds and more.
/// Thread safety: shared objects, all members are const.
class workload_instance {
 public:
  virtual ~workload_instance() = default;
  /// Items repeat after this many: item i and item i + distinct_items() have the same answer.
  virtual std::uint64_t distinct_items() const = 0;
  /// The input of item `index`: a part of the dataset, never a copy.
  virtual bytes_view input(std::uint64_t index) const = 0;
  virtual async_task<buffer> run(async_context& context, item it) const = 0;
  virtual blocking_task<buffer> run(blocking_context& context, item it) const = 0;
};

/// A workload as its author writes it, once, for both colours:
///
///   class shout {
///    public:
///     static workload_info describe();
///     static buffer build(const workload_options&);          // the dataset, relocatable bytes
///     explicit shout(bytes_view dataset);
///     std::uint64_t distinct_items() const;
///     bytes_view input(std::uint64_t index) const;
///     template <class Context>
///     typename Context::template task<buffer> run(Context& ctx, item it) const {
///       co_return co_await ctx.compute(to_upper, it.input);
///     }
///   };
///   const workload_registration<shout> registered;
template <class W>
concept workload = std::constructible_from<W, bytes_view> &&
    requires(const W& w, async_context& async, blocking_context& blocking, item it,
             const workload_options& options) {
  { W::describe() } -> std::same_as<workload_info>;
  { W::build(options) } -> std::same_as<buffer>;
  { w.distinct_items() } -> std::convertible_to<std::uint64_t>;
  { w.input(std::uint64_t{}) } -> std::same_as<bytes_view>;
  { w.run(async, it) } -> std::same_as<async_task<buffer>>;
  { w.run(blocking, it) } -> std::same_as<blocking_task<buffer>>;
};

struct workload_entry {
  workload_info info;
  buffer (*build)(const workload_options&) = nullptr;
  std::unique_ptr<workload_instance> (*open)(bytes_view dataset) = nullptr;
};

/// Every registered workload, by name. Main thread, before any other exists.
const std::map<std::string, workload_entry>& workloads();
void register_workload(workload_entry entry);

namespace internal {

template <workload W>
class erased_workload final : public workload_instance {
 public:
  explicit erased_workload(bytes_view dataset) : workload_(dataset) {}
  std::uint64_t distinct_items() const override { return workload_.distinct_items(); }
  bytes_view input(std::uint64_t index) const override { return workload_.input(index); }
  async_task<buffer> run(async_context& context, item it) const override {
    return workload_.run(context, it);
  }
  blocking_task<buffer> run(blocking_context& context, item it) const override {
    return workload_.run(context, it);
  }

 private:
  W workload_;
};

}  // namespace internal

/// At namespace scope in the workload's own file: this one line makes it known everywhere.
template <workload W>
struct workload_registration {
  workload_registration() {
    register_workload({W::describe(), &W::build, [](bytes_view dataset) {
                         return std::unique_ptr<workload_instance>(
                             std::make_unique<internal::erased_workload<W>>(dataset));
                       }});
  }
};

}  // namespace regatta
