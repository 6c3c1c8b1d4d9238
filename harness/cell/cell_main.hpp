// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace regatta {

/// Every program that runs cells must begin its main with this: the processes of cells and workers
/// are the program started again, with a first argument only regatta uses. Answers their exit code,
/// or nullopt if this is an ordinary start.
std::optional<int> run_internal_role(int argc, char** argv);

}  // namespace regatta
