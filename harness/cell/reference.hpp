// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/cell/cell_messages.hpp"

namespace regatta {

/// Builds the dataset into the file on dataset_file and answers each distinct item once, in the
/// blocking colour, alone from start to end. (Several items may be under way at once, on threads of
/// their own; nothing passes between them.) Throws what a workload throws for bad input.
reference_result compute_reference(const cell_start& request);

}  // namespace regatta
