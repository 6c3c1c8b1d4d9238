// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta {

/// The whole command, from arguments to exit code. Nothing escapes it.
int run_command_line(int argc, char** argv);

}  // namespace regatta
