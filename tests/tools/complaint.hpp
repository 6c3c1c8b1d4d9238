// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/usage_error.hpp"

namespace regatta::test {

/// What the user is told.
std::string complaint(auto action) {
  try {
    action();
  } catch (const usage_error& error) {
    return error.what();
  }
  return "no usage_error";
}

}  // namespace regatta::test
