// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/bytes.hpp"

namespace regatta {

/// One unit of work of a workload. Deterministic: the same index always has the same input and the
/// same answer. `input` is borrowed for as long as the item runs.
struct item {
  std::uint64_t index = 0;
  bytes_view input;
};

/// A pure function over the workload's dataset and its own input. It is named by its address, so
/// that it can be called in another process of the same program; it must not touch other state.
using kernel = buffer (*)(bytes_view dataset, bytes_view input);

}  // namespace regatta
