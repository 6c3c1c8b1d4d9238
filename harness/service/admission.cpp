// SPDX-License-Identifier: Apache-2.0
#include "harness/service/admission.hpp"

#include <algorithm>
#include <cmath>

namespace regatta {

unsigned retry_after_seconds(double mean_request_seconds) {
  if (!(mean_request_seconds > 0)) return 1;  // also: nothing is known yet
  return static_cast<unsigned>(std::clamp(std::ceil(mean_request_seconds), 1.0, 60.0));
}

}  // namespace regatta
