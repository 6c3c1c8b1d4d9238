// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "harness/contexts/async_runtime.hpp"
#include "harness/contexts/blocking_runtime.hpp"
#include "harness/load/inline_compute.hpp"

namespace regatta::test {

/// The two colours under one roof: a test body is written once, as a workload is.
///
///   using context = typename TypeParam::context;
///   using task = typename context::template task<void>;
///   colour.run([&](context& ctx) -> task { … co_await ctx.sleep(1ms); … });
///
/// What escapes from the body comes out of run(). In the body use EXPECT, not ASSERT: that returns.
struct asynchronous {
  using context = async_context;

  explicit asynchronous(run_environment where = {}) : environment(std::move(where)) {}

  template <class Body>
  void run(Body body) {
    context ctx(runtime);
    loop.start(body(ctx));
    loop.run();
  }

  run_environment environment;
  event_loop loop;
  inline_compute engine;
  helper_threads helpers{2};
  async_runtime runtime{loop, environment, engine, helpers};
};

struct blocking {
  using context = blocking_context;

  explicit blocking(run_environment where = {}) : runtime(std::move(where)) {}

  template <class Body>
  void run(Body body) {
    context ctx(runtime);
    body(ctx).get();
  }

  blocking_runtime runtime;
};

using both_colours = ::testing::Types<asynchronous, blocking>;

struct colour_names {
  template <class Colour>
  static std::string GetName(int) {
    return std::is_same_v<Colour, asynchronous> ? "asynchronous" : "blocking";
  }
};

}  // namespace regatta::test
