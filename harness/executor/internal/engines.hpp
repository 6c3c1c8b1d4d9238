// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/executor/executor_base.hpp"
#include "harness/executor/internal/engine.hpp"

namespace regatta::internal {

/// `options.workers` is resolved. The core outlives the engine.
using engine_maker = std::unique_ptr<engine> (*)(executor_core& core,
                                                 const executor_options& options);

// One file each in engines/.
std::unique_ptr<engine> make_serial_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_thread_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_thread_per_item_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_tbb_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_process_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_shared_memory_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_coroutine_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_coroutine_mt_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_coroutine_thread_engine(executor_core&, const executor_options&);
std::unique_ptr<engine> make_coroutine_tbb_engine(executor_core&, const executor_options&);

}  // namespace regatta::internal
