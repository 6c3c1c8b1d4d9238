// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "harness/run_result.hpp"

namespace regatta {

/// What a cell's process and all it started occupy at this moment: peak_pss is their PSS now, and
/// unknown if that of one of them cannot be read.
memory_summary memory_now(pid_t cell);

}  // namespace regatta
