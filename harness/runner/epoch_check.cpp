// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/epoch_check.hpp"

#include <fmt/format.h>

#include "harness/runner/cell_process.hpp"

namespace regatta {

void require_right_answers(const epoch_result& result) {
  if (result.wrong > 0) {
    throw cell_failure(outcome::wrong_answer,
                       fmt::format("{} of {} answers differ from the serial reference",
                                   result.wrong, result.items));
  }
  if (!result.accounting_error.empty()) {
    throw cell_failure(outcome::wrong_answer, result.accounting_error);
  }
}

void require_few_failures(const epoch_result& result) {
  const std::uint64_t all = result.items + result.failures;
  const bool few = result.failures < 3 && result.items > 0;
  if (few || 10 * result.failures <= all) return;
  throw cell_failure(outcome::failed, fmt::format("{} of {} items failed, the first with: {}",
                                                  result.failures, all, result.first_failure));
}

}  // namespace regatta
