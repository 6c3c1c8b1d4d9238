// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>

#include "harness/replay/service_model.hpp"

namespace regatta {

/// Why a file holds no service that can be replayed: a sentence without a full stop.
struct bad_service_model : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From what `regatta profile` wrote (its member "requests"), or from a workload file. Phases that
/// do not add up to the request's CPU time are made to; a request without phases gets its CPU time,
/// then one wait. Requests of very many phases get fewer, with the same sums of each kind. Throws
/// bad_service_model that names the member.
service_model read_service_model(const nlohmann::json& document);

/// A file of either kind. Throws bad_service_model that names the file, std::system_error if it
/// cannot be read.
service_model load_service_model(const std::filesystem::path& file);

/// A workload file: what read_service_model() reads, and people may edit. Times in nanoseconds. See
/// docs/profile-race.md and reports/schema/service-workload.schema.json.
std::string workload_file_text(const service_model& model);

}  // namespace regatta
