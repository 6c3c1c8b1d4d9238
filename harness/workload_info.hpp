// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
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
  /// Those the user has set, of the workload's own; see parameter_of().
  std::map<std::string, double> parameters = {};
};

/// A number by which an author lets users vary what an item is: its size, its share of CPU time. Or
/// one of several ways to do it, by name: the number is then the choice's place among them.
struct workload_parameter {
  std::string name;     ///< "payload"
  std::string meaning;  ///< with the unit: "bytes of text in an item"
  double fallback = 1;  ///< the value when the user names none
  double least = 1, most = 1'000'000;
  bool whole = true;  ///< takes whole numbers only
  std::vector<std::string> choices = {};
};

/// A parameter that takes the names of `choices`; the first is the usual one.
workload_parameter choice_parameter(std::string name, std::string meaning,
                                    std::vector<std::string> choices);

/// A value as users write it: the choice's name, or the number.
std::string parameter_text(const workload_parameter& parameter, double value);

struct workload_info {
  std::string name;
  work_kind kind = work_kind::cpu_bound;
  std::string summary;                  ///< one line, no full stop
  std::vector<std::string> needs = {};  ///< service names: "llm", "documents", "database"
  unsigned in_flight = 8;               ///< closed-loop load when the user names none
  bool takes_input = false;             ///< --input DIR is meaningful
  std::vector<workload_parameter> parameters = {};
};

/// The value of one of the workload's own parameters: what the user has set, or its fallback.
double parameter_of(const workload_info& info, const workload_options& options,
                    const std::string& name);

}  // namespace regatta
