// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/llm_error.hpp"

namespace regatta {

const char* to_string(llm_failure failure) {
  switch (failure) {
    case llm_failure::lookup:
      return "lookup";
    case llm_failure::connection:
      return "connection";
    case llm_failure::tls:
      return "tls";
    case llm_failure::status:
      return "status";
    case llm_failure::redirect:
      return "redirect";
    case llm_failure::truncated:
      return "truncated";
    case llm_failure::malformed:
      return "malformed";
    case llm_failure::too_large:
      return "too large";
    case llm_failure::timed_out:
      return "timed out";
    case llm_failure::cancelled:
      return "cancelled";
    case llm_failure::closed:
      return "closed";
  }
  return "unknown";
}

}  // namespace regatta
