// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace regatta {

/// What the command line says of a race of a profiled service, unchecked.
struct service_race_request {
  std::optional<std::string> budget;         ///< 2m
  std::vector<std::string> backend_filters;  ///< globs; none: all that are ours
  std::optional<std::string> shape;          ///< a backend: what the service is, if it cannot tell
  std::optional<std::string> lock;           ///< none: of the profiled program
  std::optional<std::string> confidence, delta, most_off;  ///< shares
  std::optional<std::uint64_t> seed;
  bool predict = false;              ///< only from the profile, nothing is replayed
  bool all = false;                  ///< race also those that are expected to lose
  std::vector<std::string> outputs;  ///< json, terminal, run
  bool quiet = false;
  std::string color = "auto";
};

/// The flags of a race, but for its outputs. `group`: under which heading; `needs`: a flag of the
/// command without which they mean nothing; empty: none.
void add_service_race_options(CLI::App& command, service_race_request& request,
                              const std::string& group, const std::string& needs);

/// Whether all of it can be done, before anything is. Throws usage_error, std::system_error.
void check_service_race(const service_race_request& request);

/// Reads the profile or workload file, races what it holds, prints the advice on stdout unless an
/// output goes there, and writes the outputs. Answers an exit code. Throws usage_error,
/// bad_service_model, std::system_error.
int race_profiled_service(const std::filesystem::path& file, const service_race_request& request);

}  // namespace regatta
