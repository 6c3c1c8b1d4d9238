// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace regatta {

/// How a cell ended. Only `ok` has times.
enum class outcome { ok, wrong_answer, failed, timed_out, crashed, unavailable };

constexpr std::string_view to_string(outcome value) {
  switch (value) {
    case outcome::ok:
      return "ok";
    case outcome::wrong_answer:
      return "wrong answer";
    case outcome::failed:
      return "failed";
    case outcome::timed_out:
      return "timed out";
    case outcome::crashed:
      return "crashed";
    case outcome::unavailable:
      return "unavailable";
  }
  return "?";
}

}  // namespace regatta
