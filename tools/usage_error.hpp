// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace regatta {

/// The user asked for something that does not exist or makes no sense. Exit code 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace regatta
