// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "harness/gate/gate_subject.hpp"

namespace regatta {

/// What a Google Benchmark executable wrote with --benchmark_out_format=json.
struct google_benchmark_output {
  std::string library_version;  ///< empty before 1.8.4, which does not tell
  std::variant<gate_epoch, gate_failure> outcome;
};

/// Reads one benchmark's rows, of whatever version of the library: times in seconds, user counters
/// under their names. Of several repetitions the median. Unknown fields are ignored, and so is a
/// bare NaN or Infinity, which the library writes though JSON has neither.
google_benchmark_output read_google_benchmark(std::string_view json_text, const std::string& name);

/// The text with such numbers replaced by null.
std::string without_bare_numbers(std::string_view json_text);

}  // namespace regatta
