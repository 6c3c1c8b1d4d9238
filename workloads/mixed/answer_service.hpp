// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/service/service_counts.hpp"
#include "harness/workload.hpp"

namespace regatta {

/// How requests are answered; travels in the dataset, so that every process has the same.
struct answer_settings {
  std::uint64_t llm_calls = 50;   ///< at a time, in one process
  std::int64_t timeout_ns = 0;    ///< for all steps of a request together; 0: none
  std::uint32_t max_tokens = 32;  ///< that the LLM is asked for
  /// 1: a request that cannot be answered is answered with an HTTP status that says so; 0: it has
  /// failed, as items of a workload do.
  std::uint32_t errors_are_answers = 0;
};

/// The dataset of the workload `answer`: settings, the model's name and the requests that are its
/// items (none, where they come from outside).
buffer answer_dataset(const answer_settings& settings, std::string_view model,
                      const std::vector<std::string>& requests);

/// The workload `answer` over such a dataset. Its items are bodies of POST /v1/answer:
///
///   {"document": "<html>…", "question": "…"}  →  200 {"answer": "…", "passages": ["…", …]}
///
/// and its answers are framed. What it calls the LLM for is counted in `counts`.
std::unique_ptr<workload_instance> open_answer_service(bytes_view dataset, llm_counts& counts);

}  // namespace regatta
