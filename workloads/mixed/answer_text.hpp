// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/bytes.hpp"

namespace regatta {

// The two kernels of the workload `answer`, what travels between them, and the prompt. Bodies are
// read in the kernel, not on the loop: a megabyte of JSON takes ten milliseconds.

/// Body of a request → framed 200 with the question in a line and below it the passages of the
/// document that are most like the question, a line each; or framed 400 with the reason as JSON.
buffer prepare_question(bytes_view dataset, bytes_view body);

/// The prompt for what prepare_question has made.
std::string answer_prompt(std::string_view prepared);

/// The LLM's answer in a line, below it the passages → framed 200 with the answer as JSON, and with
/// the passages that support it.
buffer cite_passages(bytes_view dataset, bytes_view answer_and_passages);

/// What cite_passages takes.
std::string with_passages(std::string answer, std::string_view prepared);

/// Framed: {"error": why}
buffer framed_error(unsigned status, std::string_view why);

}  // namespace regatta
