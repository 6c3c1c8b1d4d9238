// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace regatta {

enum class work_kind { cpu_bound, io_bound, mixed };

/// How much data a dataset should hold. A suite chooses it; a workload says what each means to it.
enum class dataset_scale { quick, standard, full };

struct workload_options {
  std::uint64_t seed = 1;
  dataset_scale scale = dataset_scale::standard;
  std::optional<std::filesystem::path> input;  ///< the user's own documents or images
  std::string model = "regatta-mock";          ///< model name sent to an LLM endpoint
};

struct workload_info {
  std::string name;
  work_kind kind = work_kind::cpu_bound;
  std::string summary;                  ///< one line, no full stop
  std::vector<std::string> needs = {};  ///< service names: "llm", "documents", "database"
  unsigned in_flight = 8;               ///< closed-loop load when the user names none
  bool takes_input = false;             ///< --input DIR is meaningful
};

}  // namespace regatta
