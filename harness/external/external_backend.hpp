// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/backend.hpp"
#include "harness/external/adapter_process.hpp"

namespace regatta {

/// Starts an adapter and has it open the workload. Items run over there; what they answer, and when
/// they began and ended, is checked and written down here as for any backend. Unavailable: the
/// program is missing, does not speak the protocol, or has not got the workload.
backend_or_unavailable start_external(const backend_setup& setup, const adapter_command& command,
                                      const std::string& approach);

/// What an adapter says of itself. Throws adapter_fault and std::system_error.
adapter_hello introduce_adapter(const adapter_command& command);

}  // namespace regatta
