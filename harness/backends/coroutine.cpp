// SPDX-License-Identifier: Apache-2.0
#include "harness/load/inline_compute.hpp"

namespace regatta {
namespace {

std::unique_ptr<reporting_engine> make_engine(event_loop&, const backend_setup&) {
  return std::make_unique<inline_compute>();
}

// One thread, one io_context, an item in flight is a coroutine. Kernels run on the loop.
const backend_registration coroutine_registered({
    .info = {.name = "coroutine",
             .summary =
                 "one event loop on one thread, a coroutine per item; kernels run on the loop",
             .complexity = 2,
             .takes_blocking_code = false},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<loop_backend>(setup, &make_engine);
    },
    .make_engine = &make_engine,
});

}  // namespace
}  // namespace regatta
