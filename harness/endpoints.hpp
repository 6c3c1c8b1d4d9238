// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace regatta {

/// Where the services are that a workload needs: service name → address ("llm" →
/// "http://127.0.0.1:40001", "database" → a file path). Names are those of workload_info::needs.
using endpoint_map = std::map<std::string, std::string>;

}  // namespace regatta
