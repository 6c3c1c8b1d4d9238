// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta {

constexpr int exit_fine = 0;
constexpr int exit_error =
    1;  ///< something failed; also: a cell crashed, timed out or answered wrong
constexpr int exit_usage = 2;
constexpr int exit_interrupted = 130;

}  // namespace regatta
